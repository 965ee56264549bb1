//! Telling a record without bytes from the end of a connection of records: unix(7).
const std = @import("std");
const c = @import("headers");
const control = @import("control.zig");
const ready = @import("readiness_socket.zig");
const system = @import("system.zig");
const BatchHeader = system.BatchHeader;

const linux = @import("builtin").target.os.tag == .linux;

/// What SCM_CREDENTIALS takes: a header and three integers.
const credentials_size = @offsetOf(control.ControlHeader, "data") + 3 * @sizeOf(i32);
pub const credentials_room = std.mem.alignForward(usize, credentials_size, @sizeOf(usize));

/// What is to be done about the end before and after a call that receives.
///
/// The end looks like a record without bytes, but for the credentials of its sender, which every
/// record has as soon as SO_PASSCRED asks for them, be it after it was sent. So where the peer has
/// ended they are asked for. Where it has not, no record is an end. There remains a peer that ends
/// between the question and the call, within a microsecond: then empty records right before its end
/// count as the end.
pub const Telling = struct {
    fd: i32,
    /// Do credentials come, and were they asked for here?
    certain: bool,
    adds: bool,

    pub fn begin(fd: i32) Telling {
        if (ready.peerEnded(fd) <= 0) return .{ .fd = fd, .certain = false, .adds = false };
        const asked = asksForCredentials(fd);
        const adds = !asked and askForCredentials(fd, true);
        return .{ .fd = fd, .certain = asked or adds, .adds = adds };
    }

    /// How many of the messages came before the end, 0 where that is all; or -errno.
    pub fn end(telling: Telling, headers: []BatchHeader, received: i32) i32 {
        if (telling.adds) _ = askForCredentials(telling.fd, false);
        if (received <= 0) return received;
        const messages = headers[0..@intCast(received)];
        // The end comes again and again, until all is full of it.
        const unended = !telling.certain and received < headers.len;
        const came = if (unended) messages.len else telling.beforeEnd(messages);
        if (telling.adds) for (messages[0..came]) |*entry| takeOutCredentials(&entry.header);
        return @intCast(came);
    }

    fn beforeEnd(telling: Telling, messages: []const BatchHeader) usize {
        var count = messages.len;
        while (count > 0 and isEmpty(&messages[count - 1])) count -= 1;
        if (telling.certain or count == messages.len) return count;
        // Where poll(2) fails, too: a loop over ends would have none.
        return if (ready.peerEnded(telling.fd) != 0) count else messages.len;
    }
};

fn asksForCredentials(fd: i32) bool {
    if (!linux) return false;
    var on: i32 = 0;
    var length: u32 = @sizeOf(i32);
    const status = system.getsockopt(fd, c.SOL_SOCKET, c.SO_PASSCRED, @ptrCast(&on), &length);
    return status >= 0 and on != 0;
}

fn askForCredentials(fd: i32, on: bool) bool {
    if (!linux) return false;
    const value: i32 = @intFromBool(on);
    const size = @sizeOf(i32);
    return system.setsockopt(fd, c.SOL_SOCKET, c.SO_PASSCRED, @ptrCast(&value), size) >= 0;
}

/// Is there nothing in it, nor anything cut off?
fn isEmpty(entry: *const BatchHeader) bool {
    const header = &entry.header;
    if (entry.length != 0 or header.msg_controllen != 0 or header.msg_namelen != 0) return false;
    return @as(u32, @bitCast(header.msg_flags)) & ~system.close_on_exec == 0;
}

/// Takes out the credentials, which come first.
pub fn takeOutCredentials(header: *c.struct_msghdr) void {
    const length: usize = @intCast(header.msg_controllen);
    const pointer = header.msg_control orelse return;
    const bytes = @as([*]u8, @ptrCast(pointer))[0..length];
    if (!linux or !beginsWithCredentials(bytes)) return;
    const rest = bytes[@min(credentials_room, length)..];
    std.mem.copyForwards(u8, bytes[0..rest.len], rest);
    header.msg_controllen = @intCast(rest.len);
}

fn beginsWithCredentials(bytes: []const u8) bool {
    if (bytes.len < credentials_size) return false;
    const header = std.mem.bytesToValue(control.Header, bytes[0..@sizeOf(control.Header)]);
    return header.cmsg_level == c.SOL_SOCKET and header.cmsg_type == c.SCM_CREDENTIALS;
}
