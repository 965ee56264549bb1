//! Windows: what strerror(3) and gai_strerror(3) say elsewhere. The C library of Windows knows less
//! than half of its own numbers.
const std = @import("std");
const c = @import("headers");

const Text = struct { i32, [:0]const u8 };

const errnos = [_]Text{
    .{ c.EPERM, "Operation not permitted" },
    .{ c.ENOENT, "No such file or directory" },
    .{ c.EINTR, "Interrupted system call" },
    .{ c.EIO, "Input/output error" },
    .{ c.E2BIG, "Argument list too long" },
    .{ c.EBADF, "Bad file descriptor" },
    .{ c.EAGAIN, "Resource temporarily unavailable" },
    .{ c.ENOMEM, "Cannot allocate memory" },
    .{ c.EACCES, "Permission denied" },
    .{ c.EFAULT, "Bad address" },
    .{ c.EBUSY, "Device or resource busy" },
    .{ c.EEXIST, "File exists" },
    .{ c.ENODEV, "No such device" },
    .{ c.ENOTDIR, "Not a directory" },
    .{ c.EINVAL, "Invalid argument" },
    .{ c.ENFILE, "Too many open files in system" },
    .{ c.EMFILE, "Too many open files" },
    .{ c.ENOTTY, "Inappropriate ioctl for device" },
    .{ c.ENOSPC, "No space left on device" },
    .{ c.EPIPE, "Broken pipe" },
    .{ c.EDOM, "Numerical argument out of domain" },
    .{ c.ERANGE, "Numerical result out of range" },
    .{ c.ENAMETOOLONG, "File name too long" },
    .{ c.ENOSYS, "Function not implemented" },
    .{ c.ENOTEMPTY, "Directory not empty" },
    .{ c.EADDRINUSE, "Address already in use" },
    .{ c.EADDRNOTAVAIL, "Cannot assign requested address" },
    .{ c.EAFNOSUPPORT, "Address family not supported by protocol" },
    .{ c.EALREADY, "Operation already in progress" },
    .{ c.ECANCELED, "Operation canceled" },
    .{ c.ECONNABORTED, "Software caused connection abort" },
    .{ c.ECONNREFUSED, "Connection refused" },
    .{ c.ECONNRESET, "Connection reset by peer" },
    .{ c.EDESTADDRREQ, "Destination address required" },
    .{ c.EHOSTUNREACH, "No route to host" },
    .{ c.EINPROGRESS, "Operation now in progress" },
    .{ c.EISCONN, "Transport endpoint is already connected" },
    .{ c.ELOOP, "Too many levels of symbolic links" },
    .{ c.EMSGSIZE, "Message too long" },
    .{ c.ENETDOWN, "Network is down" },
    .{ c.ENETRESET, "Network dropped connection on reset" },
    .{ c.ENETUNREACH, "Network is unreachable" },
    .{ c.ENOBUFS, "No buffer space available" },
    .{ c.ENODATA, "No data available" },
    .{ c.ENOPROTOOPT, "Protocol not available" },
    .{ c.ENOTCONN, "Transport endpoint is not connected" },
    .{ c.ENOTSOCK, "Socket operation on non-socket" },
    .{ c.ENOTSUP, "Not supported" },
    .{ c.EOPNOTSUPP, "Operation not supported" },
    .{ c.EOVERFLOW, "Value too large for defined data type" },
    .{ c.EPROTO, "Protocol error" },
    .{ c.EPROTONOSUPPORT, "Protocol not supported" },
    .{ c.EPROTOTYPE, "Protocol wrong type for socket" },
    .{ c.ETIMEDOUT, "Connection timed out" },
    .{ c.ESOCKTNOSUPPORT, "Socket type not supported" },
    .{ c.EPFNOSUPPORT, "Protocol family not supported" },
    .{ c.ESHUTDOWN, "Cannot send after transport endpoint shutdown" },
    .{ c.ETOOMANYREFS, "Too many references: cannot splice" },
    .{ c.EHOSTDOWN, "Host is down" },
    .{ c.EUSERS, "Too many users" },
    .{ c.EDQUOT, "Disk quota exceeded" },
    .{ c.ESTALE, "Stale file handle" },
    .{ c.EREMOTE, "Object is remote" },
};

const lookups = [_]Text{
    .{ c.EAI_AGAIN, "Temporary failure in name resolution" },
    .{ c.EAI_BADFLAGS, "Bad value for ai_flags" },
    .{ c.EAI_FAIL, "Non-recoverable failure in name resolution" },
    .{ c.EAI_FAMILY, "ai_family not supported" },
    .{ c.EAI_MEMORY, "Memory allocation failure" },
    .{ c.EAI_NONAME, "Name or service not known" },
    .{ c.EAI_SERVICE, "Servname not supported for ai_socktype" },
    .{ c.EAI_SOCKTYPE, "ai_socktype not supported" },
};

pub fn ofErrno(errno: i32) [*:0]const u8 {
    return find(&errnos, errno);
}

pub fn ofLookup(eai: i32) [*:0]const u8 {
    return find(&lookups, eai);
}

fn find(texts: []const Text, number: i32) [*:0]const u8 {
    for (texts) |text| if (text[0] == number) return text[1];
    return "Unknown error";
}

test "each error has its text" {
    try std.testing.expectEqualStrings(
        "Connection refused",
        std.mem.span(ofErrno(c.ECONNREFUSED)),
    );
    try std.testing.expectEqualStrings("Unknown error", std.mem.span(ofErrno(99_999)));
    try std.testing.expectEqualStrings(
        "Name or service not known",
        std.mem.span(ofLookup(c.EAI_NONAME)),
    );
}
