//! What the CPU can do beyond its architecture's baseline. CPUID takes microseconds in a virtual
//! machine: ask once, not per call.
const builtin = @import("builtin");

pub const Vectors = enum { baseline, avx2, avx512 };

/// The widest vectors worth using: `.avx2` stands for all of x86_64_v3, `.avx512` for all of
/// x86_64_v4 on CPUs that do not slow down for 512 bits. VBMI2 tells those (Ice Lake, Zen 4 and
/// later) from the first that had AVX-512.
pub fn vectors() Vectors {
    if (builtin.target.cpu.arch != .x86_64) return .baseline;
    if (cpuid(0, 0).eax < 7 or cpuid(0x8000_0000, 0).eax < 0x8000_0001) return .baseline;
    const leaf1 = cpuid(1, 0);
    const leaf7 = cpuid(7, 0);
    const extended = cpuid(0x8000_0001, 0);
    // SSE3, SSSE3, FMA, CMPXCHG16B, SSE4.1, SSE4.2, MOVBE, POPCNT, OSXSAVE, AVX, F16C
    if (!all(leaf1.ecx, &.{ 0, 9, 12, 13, 19, 20, 22, 23, 27, 28, 29 })) return .baseline;
    // BMI1, AVX2, BMI2; LAHF, LZCNT
    if (!all(leaf7.ebx, &.{ 3, 5, 8 }) or !all(extended.ecx, &.{ 0, 5 })) return .baseline;
    // What the operating system keeps: XMM, YMM
    const state = enabledState();
    if (!all(state, &.{ 1, 2 })) return .baseline;
    // Opmask, both halves of ZMM; AVX512 F, DQ, CD, BW, VL; VBMI2
    const wide = all(state, &.{ 5, 6, 7 }) and all(leaf7.ebx, &.{ 16, 17, 28, 30, 31 });
    return if (wide and all(leaf7.ecx, &.{6})) .avx512 else .avx2;
}

fn all(word: u32, comptime bits: []const u5) bool {
    comptime var mask: u32 = 0;
    inline for (bits) |bit| mask |= 1 << bit;
    return word & mask == mask;
}

const Leaf = struct { eax: u32, ebx: u32, ecx: u32, edx: u32 };

fn cpuid(leaf: u32, subleaf: u32) Leaf {
    var eax: u32 = undefined;
    var ebx: u32 = undefined;
    var ecx: u32 = undefined;
    var edx: u32 = undefined;
    asm volatile ("cpuid"
        : [_] "={eax}" (eax),
          [_] "={ebx}" (ebx),
          [_] "={ecx}" (ecx),
          [_] "={edx}" (edx),
        : [_] "{eax}" (leaf),
          [_] "{ecx}" (subleaf),
    );
    return .{ .eax = eax, .ebx = ebx, .ecx = ecx, .edx = edx };
}

/// XCR0: the register state that the operating system saves.
fn enabledState() u32 {
    return asm volatile (
        \\ xor %%ecx, %%ecx
        \\ xgetbv
        : [_] "={eax}" (-> u32),
        :
        : .{ .edx = true, .ecx = true });
}
