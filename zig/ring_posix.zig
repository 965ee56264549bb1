//! macOS and FreeBSD have no packet sockets: what captures there is a device, device.zig.
const c = @import("headers");
const Form = @import("ring_form.zig").Form;
const fail = @import("result.zig").fail;

pub fn open(_: i32, _: u32, _: u32, _: u32, _: u32, _: [*]u8) i32 {
    return fail(c.EOPNOTSUPP);
}

pub fn leave(_: [*]u8) i32 {
    return fail(c.EOPNOTSUPP);
}

pub fn release(_: [*]u8) i32 {
    return fail(c.EOPNOTSUPP);
}

pub fn encode(_: [*]const u8, _: []const u32, _: []u8, _: *Form) i32 {
    return fail(c.EOPNOTSUPP);
}

pub fn stampByHardware(_: i32, _: [*]const u8) i32 {
    return fail(c.EOPNOTSUPP);
}
