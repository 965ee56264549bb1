//! Something made in another network namespace: a thread enters it, makes the thing and ends, so
//! that the process stays where it is. setns(2).
const c = @import("headers");
const libc = @import("libc.zig");
const system = @import("system.zig");
const Source = @import("readiness_source.zig").Source;

/// What was being done when it failed.
pub const Step = enum(i32) { open, enter, socket, thread, device, attach };

/// socket(2) in the network namespace that `namespace` is a descriptor of, or that `path` leads to.
/// Stores in `step`, an i32, what failed. It is owned by the event source `memory`, or nobody's.
pub fn openSocket(
    memory: ?[*]u8,
    namespace: i32,
    path: ?[*]const u8,
    domain: i32,
    kind: i32,
    protocol: i32,
    step: [*]u8,
) callconv(.c) i32 {
    const job: SocketJob = .{ .domain = domain, .kind = kind, .protocol = protocol };
    const fd = inside(namespace, path, @ptrCast(step), job);
    if (memory) |bytes| if (fd >= 0) Source.from(bytes).own(fd);
    return fd;
}

const SocketJob = struct {
    domain: i32,
    kind: i32,
    protocol: i32,

    pub fn make(job: SocketJob, step: *Step) i32 {
        step.* = .socket;
        return system.socket(job.domain, job.kind, job.protocol);
    }
};

/// What `job.make` returns when it is called there; it may tell what it is doing.
pub fn inside(
    namespace: i32,
    path: ?[*]const u8,
    failed: *align(1) Step,
    job: anytype,
) i32 {
    failed.* = .open;
    const entry = if (path) |text| system.openRead(@ptrCast(text)) else namespace;
    if (entry < 0) return entry;
    defer if (path != null) {
        _ = system.close(entry);
    };
    var visit: Visit(@TypeOf(job)) = .{ .namespace = entry, .job = job };
    var thread: libc.Thread = undefined;
    const created = libc.pthread_create(&thread, null, @TypeOf(visit).run, &visit);
    if (created != 0) {
        failed.* = .thread;
        return -created;
    }
    _ = libc.pthread_join(thread, null);
    failed.* = visit.step;
    return visit.result;
}

/// open(2) for reading: a descriptor of the namespace that `path` leads to.
pub fn openPath(path: ?[*]const u8) callconv(.c) i32 {
    const text = path orelse return -@as(i32, c.EINVAL);
    return system.openRead(@ptrCast(text));
}

fn Visit(comptime Job: type) type {
    return struct {
        namespace: i32,
        job: Job,
        step: Step = .enter,
        result: i32 = 0,

        fn run(argument: ?*anyopaque) callconv(.c) ?*anyopaque {
            system.blockSignals();
            const visit: *@This() = @ptrCast(@alignCast(argument.?));
            visit.result = system.enterNetwork(visit.namespace);
            if (visit.result >= 0) visit.result = visit.job.make(&visit.step);
            return null;
        }
    };
}
