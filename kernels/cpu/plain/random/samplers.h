#pragma once

#include "tern/core/philox.h"

namespace tern {

// One number of a distribution each, of as many words of the generator as it
// takes. All compute in double precision and draw in TensorFlow's order, so
// that the same words give the same number.

/// Marsaglia and Tsang's method (2000); exponential for alpha = 1.
double sample_gamma(double alpha, Philox generator);

/// Knuth's method for rates below 10, else Hörmann's transformed rejection
/// (1993).
double sample_poisson(double rate, Philox generator);

/// For 0 < prob <= 1/2: inversion by sums of geometric numbers, or Hörmann's
/// BTRS (1993) where `rejects`.
double sample_binomial(double count,
                       double prob,
                       bool rejects,
                       Philox generator);

}  // namespace tern
