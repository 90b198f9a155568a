// Products of 8-bit integers: weights rounded once, column by column, inputs rounded row by row.
//
// A panel's numbers stand four k's together for each column, as the instructions that add up four products want them.
// All sums are whole numbers, so that every instruction set gives the same.
#pragma once

#include "layout.h"

namespace rnnkit::RNNKIT_ISA {

constexpr Index together_in_k = 4;
constexpr Index whole_k(Index K) { return (K + together_in_k - 1) / together_in_k * together_in_k; }

// The scale of a row, and its numbers in units of that scale, from -127 to 127. Where a number is none or infinite, the
// scale is NaN, too, and so is every sum.
inline float quantise(const float* row, Index K, std::int8_t* to) {
    constexpr float smallest = 1e-30f, highest = 3e38f;
    float largest = 0;
    bool finite = true;
    for (Index k = 0; k < K; ++k) {
        const float size = row[k] < 0 ? -row[k] : row[k];
        finite &= size <= highest;
        largest = size > largest ? size : largest;
    }
    if (!finite || largest < smallest) {
        std::fill_n(to, whole_k(K), std::int8_t{0});
        return finite ? 0.0f : __builtin_nanf("");
    }
    const float per_unit = 127.0f / largest;
    for (Index k = 0; k < K; ++k) {
        const float scaled = row[k] * per_unit;
        to[k] = static_cast<std::int8_t>(static_cast<int>(scaled + (scaled < 0 ? -0.5f : 0.5f)));
    }
    for (Index k = K; k < whole_k(K); ++k) to[k] = 0;
    return largest / 127.0f;
}

// Sums over K (a multiple of 4) of one row and one panel.
inline void integer_product(Index K, const std::int8_t* a, const std::int8_t* panel, std::int32_t* sums) {
    constexpr int W = panel_width<float>;
#if defined(RNNKIT_AVX512)
    __m512i left = _mm512_setzero_si512(), right = left;
    const __m512i ones = _mm512_set1_epi16(1);
    for (Index k = 0; k < K; k += 4, panel += 4 * W) {
        int four;
        __builtin_memcpy(&four, a + k, 4);
        const __m512i x = _mm512_set1_epi32(four), size = _mm512_abs_epi8(x);
        const __mmask64 negative = _mm512_movepi8_mask(x);
        const __m512i w0 = _mm512_loadu_si512(panel), w1 = _mm512_loadu_si512(panel + 64);
        const __m512i s0 = _mm512_mask_sub_epi8(w0, negative, _mm512_setzero_si512(), w0);
        const __m512i s1 = _mm512_mask_sub_epi8(w1, negative, _mm512_setzero_si512(), w1);
        left = _mm512_add_epi32(left, _mm512_madd_epi16(_mm512_maddubs_epi16(size, s0), ones));
        right = _mm512_add_epi32(right, _mm512_madd_epi16(_mm512_maddubs_epi16(size, s1), ones));
    }
    _mm512_storeu_si512(sums, left);
    _mm512_storeu_si512(sums + 16, right);
#elif defined(RNNKIT_AVX2)
    __m256i left = _mm256_setzero_si256(), right = left;
    const __m256i ones = _mm256_set1_epi16(1);
    for (Index k = 0; k < K; k += 4, panel += 4 * W) {
        int four;
        __builtin_memcpy(&four, a + k, 4);
        // |x| times w with x's sign: neither exceeds 127, so two products fit into 16 bits.
        const __m256i x = _mm256_set1_epi32(four), size = _mm256_abs_epi8(x);
        const __m256i w0 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(panel));
        const __m256i w1 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(panel + 32));
        left = _mm256_add_epi32(left, _mm256_madd_epi16(_mm256_maddubs_epi16(size, _mm256_sign_epi8(w0, x)), ones));
        right = _mm256_add_epi32(right, _mm256_madd_epi16(_mm256_maddubs_epi16(size, _mm256_sign_epi8(w1, x)), ones));
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums), left);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums + 8), right);
#else
    for (Index j = 0; j < W; ++j) sums[j] = 0;
    for (Index k = 0; k < K; k += 4, panel += 4 * W)
        for (Index j = 0; j < W; ++j)
            for (Index i = 0; i < 4; ++i) sums[j] += static_cast<std::int32_t>(a[k + i]) * panel[4 * j + i];
#endif
}

// Panels of 8-bit weights (G·H, K), and the scale of each column.
template <class Cell>
void pack_quantised(const Layout<float, Cell>& layout, const float* weight, Index K, std::int8_t* panels, float* scales) {
    constexpr Index W = panel_width<float>;
    std::int8_t* row = panels + layout.blocks * Cell::gates * W * whole_k(K);  // one row of room after the panels
    for (Index column = 0; column < layout.blocks * Cell::gates * W; ++column) {
        const Index block = column / (Cell::gates * W), g = column / W % Cell::gates, j = column % W;
        const bool unit = block * W + j < layout.H;
        if (unit) {
            scales[column] = quantise(weight + (g * layout.H + block * W + j) * K, K, row);
        } else {
            scales[column] = 0;
            std::fill_n(row, whole_k(K), std::int8_t{0});
        }
        std::int8_t* panel = panels + (column / W) * W * whole_k(K);
        for (Index k = 0; k < whole_k(K); ++k) panel[(k / 4) * 4 * W + 4 * j + k % 4] = row[k];
    }
}

}  // namespace rnnkit::RNNKIT_ISA
