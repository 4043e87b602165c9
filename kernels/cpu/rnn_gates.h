#pragma once

#include <cstdint>

namespace tern::kernels {

/// What a step of an LSTM makes, [batch, cells] each.
template <class T>
struct LstmStates {
  T *i, *cs, *f, *o, *ci, *co, *h;
  LstmStates at(std::int64_t offset) const {
    return {i + offset,
            cs + offset,
            f + offset,
            o + offset,
            ci + offset,
            co + offset,
            h + offset};
  }
};

/// Where the gates of an LSTM stand and what is added to them.
struct LstmGates {
  std::int64_t cells;
  std::int64_t cell_gate, forget_gate, output_gate;  // first columns
  bool peephole;
  const float *wci, *wcf, *wco, *b;
  float forget_bias = 0;
  float clip = 0;  // none unless positive
};

/// The gates of recurrent networks for one sequence of a batch, where a product
/// with the inputs and one with the previous outputs add up; set by those of
/// the selected instruction set. All rows are of `cells` elements a gate.
struct RnnGates {
  void (*lstm)(const LstmGates& gates,
               const float* from_x,
               const float* from_h,
               const float* cs_prev,
               const LstmStates<float>& to) = nullptr;
  /// r, u and h_prev r.
  void (*gru_reset)(std::int64_t cells,
                    const float* from_x,
                    const float* from_h,
                    const float* b,
                    const float* h_prev,
                    float* r,
                    float* u,
                    float* reset) = nullptr;
  /// c and h.
  void (*gru_state)(std::int64_t cells,
                    const float* from_x,
                    const float* from_h,
                    const float* b,
                    const float* h_prev,
                    const float* u,
                    float* c,
                    float* h) = nullptr;
};
RnnGates& rnn_gates();

}  // namespace tern::kernels
