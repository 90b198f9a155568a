// One SIMD register of float or double, for the instruction set this file is compiled for.
//
// `Vector<T>` is a GCC/Clang vector type, so that + - * / comparisons and ?: are the compiler's; what
// those lack (a fused multiply-add that is one on purpose, and moving between numbers and their bits) is here.
// The build turns contraction off: a multiply-add is fused where `fused` is written, and nowhere else, so that
// every tile shape of the product rounds alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

// Plain stays plain where the compiler itself takes more for granted, as on 64-bit ARM.
#if defined(RNNKIT_PLAIN)
#elif defined(__AVX512F__)
#define RNNKIT_AVX512
#elif defined(__AVX2__)
#define RNNKIT_AVX2
#elif defined(__ARM_NEON) && defined(__aarch64__)
#define RNNKIT_NEON
#endif

#if defined(RNNKIT_AVX512) || defined(RNNKIT_AVX2)
#include <immintrin.h>
#elif defined(RNNKIT_NEON)
#include <arm_neon.h>
#endif

#define RNNKIT_INLINE inline __attribute__((always_inline))

namespace rnnkit::RNNKIT_ISA {

#if defined(RNNKIT_AVX512)
constexpr std::size_t vector_bytes = 64;
constexpr int tile_rows = 8;  // 8 rows of 2 registers: 16 of 32 registers, as many chains as the two FMA units need
#elif defined(RNNKIT_AVX2)
constexpr std::size_t vector_bytes = 32;
constexpr int tile_rows = 6;  // 6 rows of 2 registers: 12 of 16 registers
#else
constexpr std::size_t vector_bytes = 16;
constexpr int tile_rows = 6;
#endif

template <class T>
struct VectorOf {
    typedef T type __attribute__((vector_size(vector_bytes), may_alias));
    typedef T loose __attribute__((vector_size(vector_bytes), may_alias, aligned(alignof(T))));
};
template <class T>
using Vector = typename VectorOf<T>::type;

template <class T>
constexpr int lanes = static_cast<int>(vector_bytes / sizeof(T));

// How many columns a panel has: two registers.
template <class T>
constexpr int panel_width = 2 * lanes<T>;

template <class T>
RNNKIT_INLINE Vector<T> load(const T* from) {
    return *reinterpret_cast<const typename VectorOf<T>::loose*>(from);
}
template <class T>
RNNKIT_INLINE void store(T* to, Vector<T> value) {
    *reinterpret_cast<typename VectorOf<T>::loose*>(to) = value;
}
template <class T>
RNNKIT_INLINE Vector<T> all(T value) {
    return value - Vector<T>{};  // which compilers turn into a broadcast; adding zero would make -0 into 0
}

// a·b + c, rounded once where the processor can.
RNNKIT_INLINE Vector<float> fused(Vector<float> a, Vector<float> b, Vector<float> c) {
#if defined(RNNKIT_AVX512)
    return (Vector<float>)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(RNNKIT_AVX2)
    return (Vector<float>)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(RNNKIT_NEON)
    return (Vector<float>)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
    return a * b + c;
#endif
}
RNNKIT_INLINE Vector<double> fused(Vector<double> a, Vector<double> b, Vector<double> c) {
#if defined(RNNKIT_AVX512)
    return (Vector<double>)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined(RNNKIT_AVX2)
    return (Vector<double>)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif defined(RNNKIT_NEON)
    return (Vector<double>)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
    return a * b + c;
#endif
}

// The upper half of a float: its sign, its exponent and seven bits of its fraction.
struct BFloat16 {
    std::uint16_t bits;

    BFloat16() = default;
    explicit BFloat16(float value) {  // rounded to nearest, ties to even; NaN stays NaN
        std::uint32_t all;
        __builtin_memcpy(&all, &value, sizeof all);
        bits = static_cast<std::uint16_t>(value != value ? (all >> 16) | 64 : (all + 0x7fff + ((all >> 16) & 1)) >> 16);
    }
};

// The two registers of one row of a panel.
template <class T>
RNNKIT_INLINE void load_row(const T* from, Vector<T>& left, Vector<T>& right) {
    left = load(from);
    right = load(from + lanes<T>);
}
// Where the j-th number of such a row is kept.
template <class B>
constexpr std::ptrdiff_t place_in_row(std::ptrdiff_t j) {
    return j;
}

// Halves of floats lie left and right in turn, so that either register is one operation on what was loaded.
RNNKIT_INLINE void load_row(const BFloat16* from, Vector<float>& left, Vector<float>& right) {
    using Words = Vector<std::int32_t>;
    const Words both = load(reinterpret_cast<const std::int32_t*>(from));
    left = (Vector<float>)(both << 16);
    right = (Vector<float>)(both & static_cast<std::int32_t>(0xffff0000));
}
template <>
constexpr std::ptrdiff_t place_in_row<BFloat16>(std::ptrdiff_t j) {
    return j < lanes<float> ? 2 * j : 2 * (j - lanes<float>) + 1;
}

// The signed integers as wide as T, and a register of them.
template <class T>
struct Bits;
template <>
struct Bits<float> {
    using type = std::int32_t;
    static constexpr int mantissa = 23, bias = 127;
};
template <>
struct Bits<double> {
    using type = std::int64_t;
    static constexpr int mantissa = 52, bias = 1023;
};
template <class T>
using Integers = Vector<typename Bits<T>::type>;

}  // namespace rnnkit::RNNKIT_ISA
