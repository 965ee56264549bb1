//! `zig build` compiles the shim for this machine into prebuilt/<platform>-<arch>/, `zig build all`
//! for every supported machine; `zig build test` runs the unit tests; `zig build fuzz` compiles the
//! harnesses of test/fuzz/native, `zig build memcheck` the unit tests beside them.
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
    const host = b.addUpdateSourceFiles();
    put(b, host, target, optimize);
    b.getInstallStep().dependOn(&host.step);

    const all = b.addUpdateSourceFiles();
    for (shipped) |kind| put(b, all, b.resolveTargetQuery(kind), optimize);
    b.step("all", "Compile the library for every supported platform").dependOn(&all.step);

    const unit_tests = b.addTest(.{
        .root_module = module(b, withOwnLibc(b, target), optimize, .executable),
    });
    // They look names up in libc while they run, as the library does, except on Windows.
    if (target.result.os.tag != .windows) unit_tests.linkage = .dynamic;
    b.step("test", "Run the unit tests").dependOn(&b.addRunArtifact(unit_tests).step);
    // For another machine, which runs them: the prefix's bin/test.
    b.step("test-program", "Compile the unit tests").dependOn(
        &b.addInstallArtifact(unit_tests, .{}).step,
    );
    if (target.result.os.tag == .linux) addFuzz(b, withOwnLibc(b, target), optimize, unit_tests);
}

/// The harnesses, which the compiler instruments, with their driver; beside it the unit tests, for
/// valgrind. Both lie in zig-out/fuzz.
fn addFuzz(
    b: *std.Build,
    target: std.Build.ResolvedTarget,
    optimize: std.builtin.OptimizeMode,
    unit_tests: *std.Build.Step.Compile,
) void {
    const step = b.step("fuzz", "Compile the fuzzing harnesses (Linux)");
    const inside = moduleAt(b, "zig/inside.zig", target, optimize, .executable);
    inside.fuzz = true;
    inside.stack_check = false;
    const harness = b.createModule(.{
        .root_source_file = b.path("test/fuzz/native/harness.zig"),
        .target = target,
        .optimize = optimize,
        .link_libc = true,
        .stack_check = false,
        .fuzz = true,
        .pic = true,
        .valgrind = true,
    });
    harness.addImport("rawsock", inside);
    harness.addImport("headers", inside.import_table.get("headers").?);
    const object = b.addObject(.{ .name = "harness", .root_module = harness, .use_llvm = true });
    const driver = b.createModule(.{
        .root_source_file = b.path("test/fuzz/native/driver.zig"),
        .target = target,
        .optimize = .ReleaseFast,
        .link_libc = true,
    });
    driver.addObject(object);
    addKernels(b, driver, target);
    const program = b.addExecutable(.{ .name = "driver", .root_module = driver, .use_llvm = true });
    const place: std.Build.InstallDir = .{ .custom = "fuzz" };
    const beside: std.Build.Step.InstallArtifact.Options.Dir = .{ .override = place };
    step.dependOn(&b.addInstallArtifact(program, .{ .dest_dir = beside }).step);
    const tests = b.addInstallArtifact(unit_tests, .{
        .dest_dir = beside,
        .dest_sub_path = "unit-tests",
    });
    const memcheck = b.step("memcheck", "Compile what valgrind runs (Linux)");
    memcheck.dependOn(step);
    memcheck.dependOn(&tests.step);
}

/// What the package ships, each for the least CPU that Bun itself runs on there.
const shipped = [_]std.Target.Query{
    // Named after glibc, but the library names no libc: musl's Bun loads it as well.
    kindOf(.linux, .x86_64, &std.Target.x86.cpu.x86_64),
    kindOf(.linux, .aarch64, &std.Target.aarch64.cpu.generic),
    kindOf(.macos, .x86_64, &std.Target.x86.cpu.core2),
    kindOf(.macos, .aarch64, &std.Target.aarch64.cpu.apple_m1),
    kindOf(.freebsd, .x86_64, &std.Target.x86.cpu.x86_64),
    kindOf(.windows, .x86_64, &std.Target.x86.cpu.x86_64),
};

fn kindOf(
    os: std.Target.Os.Tag,
    architecture: std.Target.Cpu.Arch,
    cpu: *const std.Target.Cpu.Model,
) std.Target.Query {
    return .{
        .cpu_arch = architecture,
        .cpu_model = .{ .explicit = cpu },
        .os_tag = os,
        .abi = if (os == .linux or os == .windows) .gnu else null,
    };
}

/// What is shipped for this machine's kind; never this machine's own CPU.
fn hostQuery() std.Target.Query {
    for (shipped) |candidate| {
        if (candidate.os_tag == builtin.target.os.tag and
            candidate.cpu_arch == builtin.target.cpu.arch) return candidate;
    }
    return .{ .cpu_model = .baseline };
}

/// A Linux target with the libc of this machine, whose loader is to start a program.
fn withOwnLibc(b: *std.Build, target: std.Build.ResolvedTarget) std.Build.ResolvedTarget {
    if (target.result.os.tag != .linux or !builtin.target.abi.isMusl()) return target;
    return withAbi(b, target, .musl);
}

fn withAbi(
    b: *std.Build,
    target: std.Build.ResolvedTarget,
    abi: std.Target.Abi,
) std.Build.ResolvedTarget {
    var query = target.query;
    query.abi = abi;
    return b.resolveTargetQuery(query);
}

/// Puts a target's library where the loader looks for it.
fn put(
    b: *std.Build,
    output: *std.Build.Step.UpdateSourceFiles,
    target: std.Build.ResolvedTarget,
    optimize: std.builtin.OptimizeMode,
) void {
    output.addCopyFileToSource(
        library(b, target, optimize).getEmittedBin(),
        b.fmt("prebuilt/{s}/{s}", .{ directory(b, target.result), fileName(target.result.os.tag) }),
    );
}

/// The names Bun gives platforms and architectures.
fn directory(b: *std.Build, target: std.Target) []const u8 {
    const platform = switch (target.os.tag) {
        .macos => "darwin",
        .windows => "win32",
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
    return switch (os) {
        .macos => "librawsock.dylib",
        .windows => "rawsock.dll",
        else => "librawsock.so",
    };
}

const Use = enum { library, executable };

fn module(
    b: *std.Build,
    target: std.Build.ResolvedTarget,
    optimize: std.builtin.OptimizeMode,
    use: Use,
) *std.Build.Module {
    const root = moduleAt(b, "zig/root.zig", target, optimize, use);
    addKernels(b, root, target);
    return root;
}

fn moduleAt(
    b: *std.Build,
    path: []const u8,
    target: std.Build.ResolvedTarget,
    optimize: std.builtin.OptimizeMode,
    use: Use,
) *std.Build.Module {
    const linux = target.result.os.tag == .linux;
    const windows = target.result.os.tag == .windows;
    const headers = b.addTranslateC(.{
        .root_source_file = b.path("zig/headers.h"),
        // glibc's are nearer to the kernel's, whose structures and numbers are meant.
        .target = if (linux) withAbi(b, target, .gnu) else target,
        .optimize = .Debug, // otherwise glibc's fortified wrappers come along
    });
    const root = b.createModule(.{
        .root_source_file = b.path(path),
        .target = target,
        .optimize = optimize,
        .strip = use == .library and optimize != .Debug,
        .unwind_tables = if (optimize == .Debug) null else .none,
        .pic = true,
        // On Linux the library names no libc: glibc's and musl's Bun both load it, and what it
        // needs of libc it finds in the host process. On Windows it needs nothing of it.
        .link_libc = if (windows or (use == .library and linux)) null else true,
    });
    root.addImport("headers", b.createModule(.{
        .root_source_file = headers.getOutput(),
        .target = target,
        .optimize = optimize,
    }));
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
    // Elsewhere a name that libc lacks fails here, not when the library is loaded.
    const linux = target.result.os.tag == .linux;
    shim.linker_allow_shlib_undefined = linux;
    shim.link_z_defs = !linux;
    return shim;
}
