//! A socket in another network namespace: a thread enters it, makes the socket and ends, so that
//! the process stays where it is. setns(2).
const c = @import("headers");
const libc = @import("libc.zig");
const system = @import("system.zig");

/// What was being done when it failed.
const Step = enum(i32) { open, enter, socket, thread };

const Job = struct {
    namespace: i32,
    domain: i32,
    kind: i32,
    protocol: i32,
    step: Step = .enter,
    result: i32 = 0,
};

/// socket(2) in the network namespace that `namespace` is a descriptor of, or that `path` leads to.
/// Stores in `step`, an i32, what failed.
pub fn openSocket(
    namespace: i32,
    path: ?[*]const u8,
    domain: i32,
    kind: i32,
    protocol: i32,
    step: [*]u8,
) callconv(.c) i32 {
    const failed: *align(1) Step = @ptrCast(step);
    failed.* = .open;
    const entry = if (path) |text| system.openRead(@ptrCast(text)) else namespace;
    if (entry < 0) return entry;
    defer if (path != null) {
        _ = system.close(entry);
    };
    var job: Job = .{ .namespace = entry, .domain = domain, .kind = kind, .protocol = protocol };
    var thread: libc.Thread = undefined;
    const created = libc.pthread_create(&thread, null, run, &job);
    if (created != 0) {
        failed.* = .thread;
        return -created;
    }
    _ = libc.pthread_join(thread, null);
    failed.* = job.step;
    return job.result;
}

/// open(2) for reading: a descriptor of the namespace that `path` leads to.
pub fn openPath(path: ?[*]const u8) callconv(.c) i32 {
    const text = path orelse return -@as(i32, c.EINVAL);
    return system.openRead(@ptrCast(text));
}

fn run(argument: ?*anyopaque) callconv(.c) ?*anyopaque {
    system.blockSignals();
    const job: *Job = @ptrCast(@alignCast(argument.?));
    job.result = system.enterNetwork(job.namespace);
    if (job.result < 0) return null;
    job.step = .socket;
    job.result = system.socket(job.domain, job.kind, job.protocol);
    return null;
}
