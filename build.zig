//! `zig build` compiles the shim for this machine into prebuilt/<platform>-<arch>/;
//! `zig build test` runs the unit tests.
const std = @import("std");
const builtin = @import("builtin");

pub fn build(b: *std.Build) void {
    // `zig translate-c` is compiled on its first use; its debug build takes 6 s instead of 40 s.
    b.graph.environ_map.put("ZIG_DEBUG_CMD", "1") catch @panic("out of memory");

    const optimize = b.option(
        std.builtin.OptimizeMode,
        "optimize",
        "Debug, ReleaseSafe (default), ReleaseFast or ReleaseSmall",
    ) orelse .ReleaseSafe;

    const target = b.standardTargetOptions(.{ .default_target = hostQuery() });
    const output = b.addUpdateSourceFiles();
    output.addCopyFileToSource(
        library(b, target, optimize).getEmittedBin(),
        b.fmt("prebuilt/{s}/{s}", .{ directory(b, target.result), fileName(target.result.os.tag) }),
    );
    b.getInstallStep().dependOn(&output.step);

    const unit_tests = b.addTest(.{ .root_module = module(b, target, optimize, .executable) });
    b.step("test", "Run the unit tests").dependOn(&b.addRunArtifact(unit_tests).step);
}

/// This machine's operating system and architecture with its baseline CPU: a library built here
/// must run on every machine of the kind.
fn hostQuery() std.Target.Query {
    const os = builtin.target.os.tag;
    return .{
        .cpu_arch = builtin.target.cpu.arch,
        .cpu_model = .baseline,
        .os_tag = os,
        .abi = if (os == .linux) .gnu else null,
    };
}

/// The names Bun gives platforms and architectures.
fn directory(b: *std.Build, target: std.Target) []const u8 {
    const platform = switch (target.os.tag) {
        .macos => "darwin",
        else => @tagName(target.os.tag),
    };
    const architecture = switch (target.cpu.arch) {
        .x86_64 => "x64",
        .aarch64 => "arm64",
        else => @tagName(target.cpu.arch),
    };
    return b.fmt("{s}-{s}", .{ platform, architecture });
}

fn fileName(os: std.Target.Os.Tag) []const u8 {
    return if (os == .macos) "librawsock.dylib" else "librawsock.so";
}

const Use = enum { library, executable };

fn module(
    b: *std.Build,
    target: std.Build.ResolvedTarget,
    optimize: std.builtin.OptimizeMode,
    use: Use,
) *std.Build.Module {
    const linux = target.result.os.tag == .linux;
    const headers = b.addTranslateC(.{
        .root_source_file = b.path("zig/headers.h"),
        .target = target,
        .optimize = .Debug, // otherwise glibc's fortified wrappers come along
    });
    const root = b.createModule(.{
        .root_source_file = b.path("zig/root.zig"),
        .target = target,
        .optimize = optimize,
        .strip = use == .library and optimize != .Debug,
        .unwind_tables = if (optimize == .Debug) null else .none,
        .pic = true,
        // On Linux the library names no libc: glibc's and musl's Bun both load it, and what it
        // needs of libc it finds in the host process.
        .link_libc = if (use == .library and linux) null else true,
    });
    root.addImport("headers", b.createModule(.{
        .root_source_file = headers.getOutput(),
        .target = target,
        .optimize = optimize,
    }));
    addKernels(b, root, target);
    return root;
}

/// The checksum kernels: one source, an object for every kind of CPU that the library tells
/// apart when it runs (zig/checksum.zig).
fn addKernels(
    b: *std.Build,
    root: *std.Build.Module,
    target: std.Build.ResolvedTarget,
) void {
    addKernel(b, root, "rawsock_sum_baseline", 16, target);
    if (target.result.cpu.arch != .x86_64) return;
    var query = target.query;
    query.cpu_model = .{ .explicit = &std.Target.x86.cpu.x86_64_v3 };
    addKernel(b, root, "rawsock_sum_avx2", 32, b.resolveTargetQuery(query));
    query.cpu_model = .{ .explicit = &std.Target.x86.cpu.x86_64_v4 };
    addKernel(b, root, "rawsock_sum_avx512", 64, b.resolveTargetQuery(query));
}

fn addKernel(
    b: *std.Build,
    root: *std.Build.Module,
    symbol: []const u8,
    vector_width: usize,
    target: std.Build.ResolvedTarget,
) void {
    const options = b.addOptions();
    options.addOption([]const u8, "symbol", symbol);
    options.addOption(usize, "vector_width", vector_width);
    const kernel = b.createModule(.{
        .root_source_file = b.path("zig/checksum_kernel.zig"),
        .target = target,
        .optimize = .ReleaseFast, // a kernel without vectors would be another kernel
        .strip = true,
        .unwind_tables = .none,
        .pic = true,
    });
    kernel.addOptions("kernel", options);
    root.addObject(b.addObject(.{ .name = symbol, .root_module = kernel }));
}

fn library(
    b: *std.Build,
    target: std.Build.ResolvedTarget,
    optimize: std.builtin.OptimizeMode,
) *std.Build.Step.Compile {
    const shim = b.addLibrary(.{
        .name = "rawsock",
        .linkage = .dynamic,
        .root_module = module(b, target, optimize, .library),
    });
    shim.linker_allow_shlib_undefined = true;
    return shim;
}
