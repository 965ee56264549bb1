//! sendmsg(2) and recvmsg(2), and sendmmsg(2) and recvmmsg(2) as one call for a whole batch.
//!
//! A message lies in a slot, memory of the caller that keeps its address: where the vector, the
//! destination and the control data are, and what came of the last call. So a message that does
//! not change is marshalled once.
const std = @import("std");
const c = @import("headers");
const control = @import("control.zig");
const records = @import("record.zig");
const system = @import("system.zig");
const transfer = @import("transfer.zig");
const Source = @import("readiness_source.zig").Source;
const wait = @import("wait.zig");
const BatchHeader = system.BatchHeader;

const storage_size = @sizeOf(c.struct_sockaddr_storage);

pub const Slot = extern struct {
    /// Addresses of the struct iovec table, the destination and the control data, 0 for none.
    vector: u64,
    name: u64,
    control: u64,
    vector_count: u32,
    name_length: u32,
    /// Bytes to send, or room for what arrives.
    control_room: u32,
    /// What the last call did: bytes moved, then what recvmsg(2) stored in its msghdr.
    length: u32,
    received_flags: u32,
    received_name_length: u32,
    received_control_length: u32,
    /// How many descriptors the received control data holds.
    descriptors: u32,
    /// All ones but the sign, which would cost JavaScript an integer, after each message received;
    /// the caller clears what it has read.
    unread: u32,
    /// The descriptor that last refused MSG_CMSG_CLOEXEC, plus 1; 0: none.
    refusing: u32,
    storage: [storage_size]u8,

    fn from(bytes: [*]u8) *Slot {
        return @ptrCast(@alignCast(bytes));
    }

    fn sending(slot: *Slot) c.struct_msghdr {
        return .{
            .msg_name = @ptrFromInt(slot.name),
            .msg_namelen = slot.name_length,
            .msg_iov = @ptrFromInt(slot.vector),
            .msg_iovlen = @intCast(slot.vector_count),
            .msg_control = @ptrFromInt(slot.control),
            .msg_controllen = @intCast(slot.control_room),
        };
    }

    fn receiving(slot: *Slot) c.struct_msghdr {
        var header = slot.sending();
        header.msg_name = &slot.storage;
        header.msg_namelen = storage_size;
        return header;
    }

    /// Packet sockets fail with EINVAL for MSG_CMSG_CLOEXEC, though they never bring descriptors.
    fn closeFlag(slot: *const Slot, fd: i32) u32 {
        return if (slot.refusing == @as(u32, @bitCast(fd)) +% 1) 0 else system.close_on_exec;
    }

    /// The descriptors that came are `owner`'s until JavaScript says otherwise.
    fn take(
        slot: *Slot,
        header: *const c.struct_msghdr,
        length: u32,
        close_flag: u32,
        owner: ?*Source,
    ) void {
        const flags: u32 = @bitCast(header.msg_flags);
        slot.length = length;
        slot.received_flags = flags & ~system.close_on_exec;
        slot.received_name_length = header.msg_namelen;
        slot.received_control_length = @intCast(header.msg_controllen);
        const nothing = header.msg_controllen == 0;
        slot.descriptors = if (nothing) 0 else control.adopt(header, close_flag, owner);
        slot.unread = std.math.maxInt(i32);
    }
};

comptime {
    std.debug.assert(@sizeOf(Slot) == 64 + storage_size);
}

/// sendmsg(2), the whole of it where the descriptor is blocking.
pub fn send(fd: i32, slot_bytes: [*]u8, flags: u32) callconv(.c) i32 {
    const slot: *Slot = .from(slot_bytes);
    const header = slot.sending();
    const sent = transfer.sendMessage(fd, &header, flags);
    if (sent >= 0) slot.length = @intCast(sent);
    return sent;
}

/// The event source of the thread that receives, or null where it has none.
fn ownerOf(memory: ?[*]u8) ?*Source {
    return if (memory) |bytes| .from(bytes) else null;
}

/// recvmsg(2); descriptors received are close-on-exec, and owned by the event source `memory`.
pub fn receive(memory: ?[*]u8, fd: i32, slot_bytes: [*]u8, flags: u32) callconv(.c) i32 {
    const slot: *Slot = .from(slot_bytes);
    const owner = ownerOf(memory);
    const close_flag = slot.closeFlag(fd);
    var header = slot.receiving();
    const received = receiveMessage(fd, &header, flags | close_flag);
    if (received == -c.EINVAL and close_flag != 0) return receiveRefusing(fd, slot, flags, owner);
    if (received >= 0) slot.take(&header, @intCast(received), close_flag, owner);
    return received;
}

fn receiveRefusing(fd: i32, slot: *Slot, flags: u32, owner: ?*Source) i32 {
    var header = slot.receiving();
    const received = receiveMessage(fd, &header, flags);
    if (received != -c.EINVAL) slot.refusing = @as(u32, @bitCast(fd)) +% 1;
    if (received >= 0) slot.take(&header, @intCast(received), 0, owner);
    return received;
}

fn receiveMessage(fd: i32, header: *c.struct_msghdr, flags: u32) i32 {
    const empty = header.*;
    const received = system.recvmsg(fd, header, flags | c.MSG_DONTWAIT);
    if (transfer.neverWaits(flags)) return received;
    const all = flags & c.MSG_WAITALL != 0;
    const wanted = if (all) transfer.bytesIn(transfer.vectorOf(header)) else 0;
    const short = transfer.wantsMore(fd, received, wanted, flags);
    if (received != -c.EAGAIN and !short) return received;
    if (wait.isNonblocking(fd)) return received;

    const peeked = flags & c.MSG_PEEK != 0;
    if (received < 0 or peeked) {
        // A peek shares the descriptors it shows.
        if (received >= 0) control.abandon(header);
        const first = receiveWaiting(fd, header, &empty, flags, short);
        if (peeked or !transfer.wantsMore(fd, first, wanted, flags)) return first;
        return receiveRest(fd, header, &empty, first, flags);
    }
    return receiveRest(fd, header, &empty, received, flags);
}

/// Goes on with MSG_WAITALL on a stream after a first part.
fn receiveRest(
    fd: i32,
    header: *c.struct_msghdr,
    empty: *const c.struct_msghdr,
    first: i32,
    flags: u32,
) i32 {
    const vector = transfer.vectorOf(header);
    const wanted = transfer.bytesIn(vector);
    var received = first;
    // Control data delimits the bytes it came with: unix(7), and TCP's stamps alike.
    while (received < wanted and header.msg_controllen == 0) {
        const done: usize = @intCast(received);
        const remaining = transfer.advance(vector, done);
        defer transfer.restore(vector, remaining, done);
        var start = empty.*;
        start.msg_iov = remaining.ptr;
        start.msg_iovlen = @intCast(remaining.len);
        var rest = start;
        const more = receiveWaiting(fd, &rest, &start, flags, false);
        if (more >= 0) {
            header.msg_flags |= rest.msg_flags;
            header.msg_controllen = rest.msg_controllen;
        }
        received = transfer.total(received, more);
        if (more <= 0) break;
    }
    return received;
}

/// A single recvmsg(2) that waits; `empty` is the header as it is before the call. `whole`: no
/// less than all is wanted, which only the kernel can wait for.
fn receiveWaiting(
    fd: i32,
    header: *c.struct_msghdr,
    empty: *const c.struct_msghdr,
    flags: u32,
    whole: bool,
) i32 {
    const call: Receive = .{ .fd = fd, .header = header, .empty = empty, .flags = flags };
    if (whole or flags & c.MSG_OOB != 0) return wait.inTheCall(fd, .receive, call);
    return wait.finish(fd, .receive, call);
}

const Receive = struct {
    fd: i32,
    header: *c.struct_msghdr,
    empty: *const c.struct_msghdr,
    flags: u32,

    pub fn now(call: Receive) i32 {
        return call.with(call.flags | c.MSG_DONTWAIT);
    }

    pub fn waiting(call: Receive) i32 {
        return call.with(call.flags);
    }

    fn with(call: Receive, flags: u32) i32 {
        call.header.* = call.empty.*;
        return system.recvmsg(call.fd, call.header, flags);
    }
};

/// What a batch did: an error counts only where nothing came before it.
fn outcome(done: usize, result: i32) i32 {
    return if (done > 0) @intCast(done) else result;
}

fn slotAt(addresses: [*]const u8, index: usize) *Slot {
    const list: [*]const u64 = @ptrCast(@alignCast(addresses));
    return @ptrFromInt(list[index]);
}

fn headersIn(table: [*]u8, count: u32) []BatchHeader {
    const headers: [*]BatchHeader = @ptrCast(@alignCast(table));
    return headers[0..count];
}

/// sendmmsg(2) of the `count` slots whose addresses stand in `addresses`; `table` is room for as
/// many struct mmsghdr. How many were sent: on a blocking descriptor all, but for an error.
pub fn sendBatch(
    fd: i32,
    addresses: [*]const u8,
    count: u32,
    table: [*]u8,
    flags: u32,
) callconv(.c) i32 {
    const headers = headersIn(table, count);
    for (headers, 0..) |*entry, index| {
        entry.* = .{ .header = slotAt(addresses, index).sending(), .length = 0 };
    }
    const sent = sendAll(fd, headers, flags);
    for (headers[0..@intCast(@max(sent, 0))], 0..) |*entry, index| {
        slotAt(addresses, index).length = entry.length;
    }
    return sent;
}

/// sendmmsg(2) of messages that are bytes alone, one in each of `count` struct iovec; `table` as
/// above. It never waits: how many were sent, or -errno where that is none.
pub fn sendEach(
    fd: i32,
    vector: [*]u8,
    count: u32,
    table: [*]u8,
    flags: u32,
) callconv(.c) i32 {
    const elements: [*]c.struct_iovec = @ptrCast(@alignCast(vector));
    const headers = headersIn(table, count);
    for (headers, elements[0..count]) |*entry, *element| {
        entry.* = .{ .header = .{ .msg_iov = @ptrCast(element), .msg_iovlen = 1 }, .length = 0 };
    }
    return system.sendmmsg(fd, headers, flags | c.MSG_DONTWAIT | system.no_signal);
}

fn sendAll(fd: i32, headers: []BatchHeader, caller_flags: u32) i32 {
    var flags = caller_flags | system.no_signal;
    const patient = flags & c.MSG_DONTWAIT == 0;
    var done: usize = 0;
    while (done < headers.len) {
        const now = system.sendmmsg(fd, headers[done..], flags | c.MSG_DONTWAIT);
        if (now == -c.EINPROGRESS and transfer.isFastOpen(flags) and patient) {
            if (wait.isNonblocking(fd)) return outcome(done, now);
            // Without a cookie the connection comes first: tcp(7).
            const connected = transfer.finishFastOpen(fd, &flags);
            if (connected < 0) return outcome(done, connected);
            continue;
        }
        if (now < 0 and now != -c.EAGAIN) return outcome(done, now);
        if (now > 0) {
            done += @intCast(now);
            const last = &headers[done - 1];
            const whole = !isCut(last);
            if (whole and done == headers.len) break;
            if (!patient or wait.isNonblocking(fd)) return @intCast(done);
            if (whole) continue;
            const moved: i32 = @intCast(last.length);
            const total = transfer.sendRemaining(fd, &last.header, moved, flags);
            last.length = @intCast(@max(total, moved));
            // A signal or an error ended it: the next message would stand where its rest belongs.
            if (isCut(last)) return @intCast(done);
            continue;
        }
        if (!patient or wait.isNonblocking(fd)) return outcome(done, now);
        const sent = transfer.sendMessage(fd, &headers[done].header, flags);
        if (sent < 0) return outcome(done, sent);
        headers[done].length = @intCast(sent);
        done += 1;
        if (isCut(&headers[done - 1])) return @intCast(done);
    }
    return @intCast(done);
}

/// Whether less went than there is.
fn isCut(entry: *const BatchHeader) bool {
    return entry.length < transfer.bytesIn(transfer.vectorOf(&entry.header));
}

/// recvmmsg(2) into the `count` slots, `table` as above. On a blocking descriptor it waits until
/// all are filled, with MSG_WAITFORONE until one is, or until the timeout is over, which holds
/// however the messages come in; negative: none. A signal ends the wait with what has arrived.
/// Descriptors received are close-on-exec, and owned by the event source `memory`.
pub fn receiveBatch(
    memory: ?[*]u8,
    fd: i32,
    addresses: [*]const u8,
    count: u32,
    table: [*]u8,
    flags: u32,
    timeout_ms: i32,
) callconv(.c) i32 {
    const headers = headersIn(table, count);
    for (headers, 0..) |*entry, index| {
        entry.* = .{ .header = slotAt(addresses, index).receiving(), .length = 0 };
    }
    if (count == 0) return 0;
    const first = slotAt(addresses, 0);
    var close_flag = first.closeFlag(fd);
    var received = receiveAll(fd, headers, flags | close_flag, timeout_ms);
    if (received == -c.EINVAL and close_flag != 0) {
        close_flag = 0;
        received = receiveAll(fd, headers, flags, timeout_ms);
        if (received != -c.EINVAL) first.refusing = @as(u32, @bitCast(fd)) +% 1;
    }
    for (headers[0..@intCast(@max(received, 0))], 0..) |*entry, index| {
        slotAt(addresses, index).take(&entry.header, entry.length, close_flag, ownerOf(memory));
    }
    return received;
}

/// recvmmsg(2) on a Unix socket of records, without waiting: how many came before the peer's end,
/// 0 at the end itself: see record.zig. Of each slot's room for control data the first
/// records.credentials_room bytes are for that.
pub fn receiveRecords(
    memory: ?[*]u8,
    fd: i32,
    addresses: [*]const u8,
    count: u32,
    table: [*]u8,
) callconv(.c) i32 {
    const headers = headersIn(table, count);
    const telling: records.Telling = .begin(fd);
    for (headers, 0..) |*entry, index| {
        entry.* = .{ .header = slotAt(addresses, index).receiving(), .length = 0 };
        if (!telling.adds) entry.header.msg_controllen -= records.credentials_room;
    }
    const received = system.recvmmsg(fd, headers, c.MSG_DONTWAIT | system.close_on_exec);
    const came = telling.end(headers, received);
    for (headers[0..@intCast(@max(came, 0))], 0..) |*entry, index| {
        const slot = slotAt(addresses, index);
        slot.take(&entry.header, entry.length, system.close_on_exec, ownerOf(memory));
    }
    return came;
}

fn receiveAll(fd: i32, headers: []BatchHeader, flags: u32, timeout_ms: i32) i32 {
    const deadline_ms = if (timeout_ms < 0) null else system.clockMs() +| timeout_ms;
    var done: usize = 0;
    while (done < headers.len) {
        const now = system.recvmmsg(fd, headers[done..], flags | c.MSG_DONTWAIT);
        if (now < 0 and now != -c.EAGAIN) return outcome(done, now);
        if (now > 0) done += @intCast(now);
        if (done == headers.len) break;
        const satisfied = done > 0 and flags & system.wait_for_one != 0;
        if (satisfied or transfer.neverWaits(flags) or wait.isNonblocking(fd)) break;
        if (deadline_ms) |deadline| {
            const ready = wait.untilReadyBy(fd, .receive, deadline);
            if (ready < 0) return outcome(done, ready);
        } else {
            const entry = &headers[done];
            const empty = entry.header;
            const single = flags & ~system.wait_for_one;
            const received = receiveWaiting(fd, &entry.header, &empty, single, false);
            if (received < 0) return outcome(done, received);
            entry.length = @intCast(received);
            done += 1;
        }
    }
    return outcome(done, -c.EAGAIN);
}
