// The internet checksum as C does it best on this kind of CPU: AVX2, words made signed by a xor so
// that vpmaddwd can add pairs, the tail by one masked load. What bench/checksum.ts compares with.
#include <immintrin.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

static const uint8_t slide[64] = {[32 ... 63] = 0xff};

static inline uint64_t add1(uint64_t a, uint64_t b) {
    uint64_t sum = a + b;
    return sum + (sum < b);
}

static inline uint16_t fold(uint64_t sum) {
    sum = (sum >> 32) + (sum & 0xffffffff);
    sum = (sum >> 16) + (sum & 0xffff);
    sum = (sum >> 16) + (sum & 0xffff);
    return (uint16_t)((sum >> 16) + (sum & 0xffff));
}

static inline __m256i pairs(__m256i words) {
    const __m256i sign = _mm256_set1_epi16((short)0x8000);
    return _mm256_madd_epi16(_mm256_xor_si256(words, sign), _mm256_set1_epi16(1));
}

static inline __m256i load(const uint8_t *data) {
    return _mm256_loadu_si256((const __m256i *)data);
}

static inline uint64_t horizontal(__m256i sums) {
    __m256i wide = _mm256_add_epi64(_mm256_cvtepi32_epi64(_mm256_castsi256_si128(sums)),
                                    _mm256_cvtepi32_epi64(_mm256_extracti128_si256(sums, 1)));
    __m128i half = _mm_add_epi64(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
    return (uint64_t)_mm_cvtsi128_si64(half) + (uint64_t)_mm_extract_epi64(half, 1);
}

// The sum in the machine's byte order, folded.
static inline uint16_t sum(const uint8_t *data, size_t length) {
    uint64_t total = 0;
    if (length & 1) total = data[length - 1];
    length &= ~(size_t)1;
    if (length < 32) {
        uint64_t piece8, piece8b;
        uint32_t piece4;
        uint16_t piece2;
        if (length & 16) {
            memcpy(&piece8, data, 8), memcpy(&piece8b, data + 8, 8), data += 16;
            total = add1(add1(total, piece8), piece8b);
        }
        if (length & 8) memcpy(&piece8, data, 8), data += 8, total = add1(total, piece8);
        if (length & 4) memcpy(&piece4, data, 4), data += 4, total = add1(total, piece4);
        if (length & 2) memcpy(&piece2, data, 2), total = add1(total, piece2);
        return fold(total);
    }
    const __m256i zero = _mm256_setzero_si256();
    uint64_t vectors = (length + 31) / 32;
    __m256i a = zero, b = zero, c = zero, d = zero;
    for (;;) {
        // A lane holds 32,768 pairs of the least value: all four and the rest stay below.
        size_t blocks = length / 128 < 8000 ? length / 128 : 8000;
        length -= blocks * 128;
        for (; blocks > 0; blocks--, data += 128) {
            a = _mm256_add_epi32(a, pairs(load(data)));
            b = _mm256_add_epi32(b, pairs(load(data + 32)));
            c = _mm256_add_epi32(c, pairs(load(data + 64)));
            d = _mm256_add_epi32(d, pairs(load(data + 96)));
        }
        a = _mm256_add_epi32(_mm256_add_epi32(a, b), _mm256_add_epi32(c, d));
        if (length < 128) break;
        total += horizontal(a);
        a = b = c = d = zero;
    }
    for (; length >= 32; length -= 32, data += 32) a = _mm256_add_epi32(a, pairs(load(data)));
    if (length != 0) {
        __m256i tail = _mm256_and_si256(load(data + length - 32), load(slide + length));
        a = _mm256_add_epi32(a, pairs(tail));
    }
    total += horizontal(a);
    return fold(total + vectors * 16 * 0x8000);
}

__attribute__((noinline)) uint32_t native_internet(const uint8_t *data, uint32_t length) {
    return __builtin_bswap16((uint16_t)~sum(data, length));
}

// TCP over IPv4 in an Ethernet frame without tags, with the checks any careful caller makes.
__attribute__((noinline)) int32_t native_tcp(uint8_t *frame, uint32_t length) {
    if (length < 34 || frame[12] != 8 || frame[13] != 0 || frame[14] >> 4 != 4) return -1;
    uint8_t *packet = frame + 14;
    uint32_t header = (packet[0] & 15) * 4, total = packet[2] << 8 | packet[3];
    if (header < 20 || total < header || total > length - 14) return -1;
    if (packet[9] != 6 || (packet[6] & 0x3f) | packet[7] || total - header < 20) return -1;
    uint8_t *segment = packet + header;
    uint32_t size = total - header, offset = (segment[12] >> 4) * 4;
    if (offset < 20 || offset > size) return -1;
    uint32_t words[6];
    memcpy(words, packet + 12, 8), memcpy(words + 2, segment, 16);
    uint64_t start = __builtin_bswap16(6) + (uint64_t)__builtin_bswap16((uint16_t)size);
    for (int i = 0; i < 6; i++) start += words[i];
    uint16_t value = (uint16_t)~fold(start + sum(segment + 18, size - 18));
    memcpy(segment + 16, &value, 2);
    return __builtin_bswap16(value);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

// Nanoseconds per call.
double time_internet(const uint8_t *data, uint32_t length, uint32_t rounds) {
    double begin = now();
    for (uint32_t i = 0; i < rounds; i++) {
        uint32_t value = native_internet(data, length);
        __asm__ volatile("" : : "r"(value) : "memory");
    }
    return (now() - begin) / rounds;
}

double time_tcp(uint8_t *frame, uint32_t length, uint32_t rounds) {
    double begin = now();
    for (uint32_t i = 0; i < rounds; i++) {
        int32_t value = native_tcp(frame, length);
        __asm__ volatile("" : : "r"(value) : "memory");
    }
    return (now() - begin) / rounds;
}
