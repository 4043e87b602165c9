// The gates of LSTMs and GRUs; the formulas stand with the ops' kernels.

#include "kernels/cpu/rnn_gates.h"

#include <limits>

#include "kernels/common/elementary_functions.h"
#include "ops/kernel.h"

namespace tern {
namespace {

using kernels::clamp_keeping_nan;
using kernels::LstmGates;
using kernels::LstmStates;
using kernels::sigmoid_of;
using kernels::tanh_of;

template <bool peephole>
void lstm_row(const LstmGates& gates,
              const float* from_x,
              const float* from_h,
              const float* cs_prev,
              const LstmStates<float>& to) {
  const std::int64_t cells = gates.cells, cell_gate = gates.cell_gate,
                     forget_gate = gates.forget_gate,
                     output_gate = gates.output_gate;
  const float *b = gates.b, *wci = gates.wci, *wcf = gates.wcf,
              *wco = gates.wco;
  const float forget_bias = gates.forget_bias;
  const float clip =
      gates.clip > 0 ? gates.clip : std::numeric_limits<float>::infinity();
  const LstmStates<float> s = to;
#pragma GCC ivdep
  for (std::int64_t k = 0; k < cells; ++k) {
    const std::int64_t c = cell_gate + k, g = forget_gate + k,
                       e = output_gate + k;
    float in = from_x[k] + from_h[k] + b[k];
    float forget = from_x[g] + from_h[g] + b[g] + forget_bias;
    if constexpr (peephole) {
      in += cs_prev[k] * wci[k];
      forget += cs_prev[k] * wcf[k];
    }
    const float i = sigmoid_of(in), f = sigmoid_of(forget);
    const float ci = tanh_of(from_x[c] + from_h[c] + b[c]);
    const float cs = clamp_keeping_nan(i * ci + f * cs_prev[k], -clip, clip);
    float out = from_x[e] + from_h[e] + b[e];
    if constexpr (peephole) out += cs * wco[k];
    const float o = sigmoid_of(out), co = tanh_of(cs);
    s.i[k] = i;
    s.f[k] = f;
    s.ci[k] = ci;
    s.cs[k] = cs;
    s.co[k] = co;
    s.o[k] = o;
    s.h[k] = o * co;
  }
}

void lstm(const LstmGates& gates,
          const float* from_x,
          const float* from_h,
          const float* cs_prev,
          const LstmStates<float>& to) {
  (gates.peephole ? lstm_row<true>
                  : lstm_row<false>)(gates, from_x, from_h, cs_prev, to);
}

void gru_reset(std::int64_t cells,
               const float* from_x,
               const float* from_h,
               const float* b,
               const float* h_prev,
               float* r,
               float* u,
               float* reset) {
#pragma GCC ivdep
  for (std::int64_t k = 0; k < cells; ++k) {
    const std::int64_t g = cells + k;
    const float gate = sigmoid_of(from_x[k] + from_h[k] + b[k]);
    r[k] = gate;
    u[k] = sigmoid_of(from_x[g] + from_h[g] + b[g]);
    reset[k] = h_prev[k] * gate;
  }
}

void gru_state(std::int64_t cells,
               const float* from_x,
               const float* from_h,
               const float* b,
               const float* h_prev,
               const float* u,
               float* c,
               float* h) {
#pragma GCC ivdep
  for (std::int64_t k = 0; k < cells; ++k) {
    const float candidate = tanh_of(from_x[k] + from_h[k] + b[k]);
    c[k] = candidate;
    h[k] = u[k] * (h_prev[k] - candidate) + candidate;
  }
}

}  // namespace

void register_rnn_gates_kernels(KernelRegistry&) {
  kernels::rnn_gates() = {lstm, gru_reset, gru_state};
}

}  // namespace tern
