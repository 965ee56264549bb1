//! Errors of Winsock, and of Windows, as the numbers of <errno.h>, which are the platform's errno:
//! `os.constants.errno` of Bun has the same. For what <errno.h> lacks, the code of Winsock is the
//! number: see headers_windows.h.
const std = @import("std");
const c = @import("headers");
const winsock = @import("winsock.zig");

/// What the call of Winsock that has just failed says, as -errno.
pub fn last() i32 {
    return -fromCode(winsock.WSAGetLastError());
}

/// As above, of a call about a socket. Winsock says the same of a number that is no handle at all
/// and of a handle that is no socket.
pub fn lastOf(fd: i32) i32 {
    const errno = fromCode(winsock.WSAGetLastError());
    if (errno != c.ENOTSOCK) return -errno;
    var flags: u32 = 0;
    const number: u32 = @bitCast(fd);
    return if (winsock.GetHandleInformation(number, &flags) == 0) -c.EBADF else -c.ENOTSOCK;
}

const Pair = struct { i32, i32 };

/// Codes below 10000 are those of Windows itself.
const codes = [_]Pair{
    .{ c.WSAEINTR, c.EINTR },
    .{ c.WSAEBADF, c.EBADF },
    .{ c.WSAEACCES, c.EACCES },
    .{ c.WSAEFAULT, c.EFAULT },
    .{ c.WSAEINVAL, c.EINVAL },
    .{ c.WSAEMFILE, c.EMFILE },
    .{ c.WSAEWOULDBLOCK, c.EAGAIN },
    .{ c.WSAEINPROGRESS, c.EINPROGRESS },
    .{ c.WSAEALREADY, c.EALREADY },
    .{ c.WSAENOTSOCK, c.ENOTSOCK },
    .{ c.WSAEDESTADDRREQ, c.EDESTADDRREQ },
    .{ c.WSAEMSGSIZE, c.EMSGSIZE },
    .{ c.WSAEPROTOTYPE, c.EPROTOTYPE },
    .{ c.WSAENOPROTOOPT, c.ENOPROTOOPT },
    .{ c.WSAEPROTONOSUPPORT, c.EPROTONOSUPPORT },
    .{ c.WSAESOCKTNOSUPPORT, c.ESOCKTNOSUPPORT },
    .{ c.WSAEOPNOTSUPP, c.EOPNOTSUPP },
    .{ c.WSAEPFNOSUPPORT, c.EPFNOSUPPORT },
    .{ c.WSAEAFNOSUPPORT, c.EAFNOSUPPORT },
    .{ c.WSAEADDRINUSE, c.EADDRINUSE },
    .{ c.WSAEADDRNOTAVAIL, c.EADDRNOTAVAIL },
    .{ c.WSAENETDOWN, c.ENETDOWN },
    .{ c.WSAENETUNREACH, c.ENETUNREACH },
    .{ c.WSAENETRESET, c.ENETRESET },
    .{ c.WSAECONNABORTED, c.ECONNABORTED },
    .{ c.WSAECONNRESET, c.ECONNRESET },
    .{ c.WSAENOBUFS, c.ENOBUFS },
    .{ c.WSAEISCONN, c.EISCONN },
    .{ c.WSAENOTCONN, c.ENOTCONN },
    // POSIX: EPIPE, where shutdown(2) has ended the direction.
    .{ c.WSAESHUTDOWN, c.EPIPE },
    .{ c.WSAETOOMANYREFS, c.ETOOMANYREFS },
    .{ c.WSAETIMEDOUT, c.ETIMEDOUT },
    .{ c.WSAECONNREFUSED, c.ECONNREFUSED },
    .{ c.WSAELOOP, c.ELOOP },
    .{ c.WSAENAMETOOLONG, c.ENAMETOOLONG },
    .{ c.WSAEHOSTDOWN, c.EHOSTDOWN },
    .{ c.WSAEHOSTUNREACH, c.EHOSTUNREACH },
    .{ c.WSAENOTEMPTY, c.ENOTEMPTY },
    .{ c.WSAEUSERS, c.EUSERS },
    .{ c.WSAEDQUOT, c.EDQUOT },
    .{ c.WSAESTALE, c.ESTALE },
    .{ c.WSAEREMOTE, c.EREMOTE },
    .{ c.WSASYSNOTREADY, c.ENETDOWN },
    .{ c.WSAVERNOTSUPPORTED, c.ENOSYS },
    .{ c.WSANOTINITIALISED, c.ENETDOWN },
    .{ c.WSAEDISCON, c.ESHUTDOWN },
    .{ c.WSAECANCELLED, c.ECANCELED },
    .{ c.WSAHOST_NOT_FOUND, c.ENOENT },
    .{ c.WSATRY_AGAIN, c.EAGAIN },
    .{ c.WSANO_DATA, c.ENOENT },
    .{ c.ERROR_FILE_NOT_FOUND, c.ENOENT },
    .{ c.ERROR_PATH_NOT_FOUND, c.ENOENT },
    .{ c.ERROR_TOO_MANY_OPEN_FILES, c.EMFILE },
    .{ c.ERROR_ACCESS_DENIED, c.EACCES },
    .{ c.ERROR_INVALID_HANDLE, c.EBADF },
    .{ c.ERROR_NOT_ENOUGH_MEMORY, c.ENOMEM },
    .{ c.ERROR_OUTOFMEMORY, c.ENOMEM },
    .{ c.ERROR_GEN_FAILURE, c.EIO },
    .{ c.ERROR_NOT_SUPPORTED, c.EOPNOTSUPP },
    .{ c.ERROR_INVALID_PARAMETER, c.EINVAL },
    .{ c.ERROR_BROKEN_PIPE, c.EPIPE },
    .{ c.ERROR_CALL_NOT_IMPLEMENTED, c.ENOSYS },
    .{ c.ERROR_NO_DATA, c.EPIPE },
    .{ c.ERROR_MORE_DATA, c.EMSGSIZE },
    .{ c.ERROR_NOT_FOUND, c.ENOENT },
    .{ c.ERROR_OPERATION_ABORTED, c.ECANCELED },
    .{ c.ERROR_NETNAME_DELETED, c.ECONNRESET },
    .{ c.ERROR_PORT_UNREACHABLE, c.ECONNREFUSED },
    .{ c.ERROR_CONNECTION_REFUSED, c.ECONNREFUSED },
    .{ c.ERROR_HOST_UNREACHABLE, c.EHOSTUNREACH },
    .{ c.ERROR_NETWORK_UNREACHABLE, c.ENETUNREACH },
    .{ c.ERROR_CONNECTION_ABORTED, c.ECONNABORTED },
    .{ c.ERROR_SEM_TIMEOUT, c.ETIMEDOUT },
};

/// The errno of a code; EIO for one that nobody has heard of.
pub fn fromCode(code: i32) i32 {
    inline for (codes) |pair| if (pair[0] == code) return pair[1];
    return c.EIO;
}

test "codes of Winsock have the errno of the same name" {
    try std.testing.expectEqual(@as(i32, c.ECONNREFUSED), fromCode(c.WSAECONNREFUSED));
    try std.testing.expectEqual(@as(i32, c.EAGAIN), fromCode(c.WSAEWOULDBLOCK));
    try std.testing.expectEqual(@as(i32, c.EPIPE), fromCode(c.WSAESHUTDOWN));
    try std.testing.expectEqual(@as(i32, c.ESOCKTNOSUPPORT), fromCode(c.WSAESOCKTNOSUPPORT));
    try std.testing.expectEqual(@as(i32, c.EIO), fromCode(99_999));
}
