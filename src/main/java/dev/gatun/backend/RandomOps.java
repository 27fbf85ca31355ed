package dev.gatun.backend;

/** Random numbers; outputs are contiguous, F32 or F64. Word w of the stream becomes u = (w ≫ 8) · 2⁻²⁴. */
public interface RandomOps {
    /** y = low + u · (high − low), in [low, high). */
    void uniform(RandomStream stream, double low, double high, View y);

    /** Box and Muller 1958 on the words (w₀, w₁) and (w₂, w₃) of each block: mean + deviation · √(−2 ln(1 − u₀)) · (cos, sin)(2π u₁). */
    void normal(RandomStream stream, double mean, double deviation, View y);

    /** y = x / (1 − p) where u ≥ p, else 0: x and y contiguous, in place allowed. Its own backward pass, applied to dy. Srivastava et al. 2014. */
    void dropout(RandomStream stream, double p, View x, View y);
}
