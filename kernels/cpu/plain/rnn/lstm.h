#pragma once

#include <cstdint>

#include "kernels/cpu/plain/rnn/arguments.h"
#include "kernels/cpu/rnn_gates.h"

namespace tern {

/// How the columns of w and b are laid out: those of the input gate i first,
/// of the output gate o last.
enum class GateOrder {
  kIcfo,  // LSTMBlockCell, BlockLSTM
  kIfco,  // BlockLSTMV2, cuDNN
};

/// A long short-term memory (Hochreiter and Schmidhuber, 1997; peepholes after
/// Gers et al., 2000). With xh the inputs beside the previous outputs,
///   ci = tanh(xh w_c + b_c),
///   i = sigmoid(xh w_i + b_i + wci cs_prev),
///   f = sigmoid(xh w_f + b_f + forget_bias + wcf cs_prev),
///   cs = clip(i ci + f cs_prev), co = tanh(cs),
///   o = sigmoid(xh w_o + b_o + wco cs), h = o co.
struct Lstm {
  Lstm(const KernelContext& context,
       std::int64_t batch,
       std::int64_t inputs,
       std::int64_t cells,
       GateOrder order);

  std::int64_t batch, inputs, cells;
  std::int64_t cell_gate, forget_gate, output_gate;  // first columns
  bool peephole;
  FloatInput w, wci, wcf, wco, b;

  std::int64_t states() const { return batch * cells; }
  std::int64_t gates() const { return batch * 4 * cells; }
  /// The rows of w that meet the previous outputs, [cells, 4 cells].
  const float* recurrent_w() const { return w + inputs * 4 * cells; }
};

using kernels::LstmStates;

struct LstmForward {
  float forget_bias = 0;
  float clip = 0;  // none unless positive
};

/// From inputs [steps, batch, inputs] to states [steps, batch, cells].
void run_lstm(const Lstm& lstm,
              const LstmForward& options,
              std::int64_t steps,
              const float* x,
              const float* cs_prev,
              const float* h_prev,
              const LstmStates<float>& states);

/// A step back, from gradients of its cs and h to that of what the gates are
/// functions of, d_gates [batch, 4 cells], and of cs_prev, which may replace
/// d_cs. The clipping counts as the identity.
void step_lstm_back(const Lstm& lstm,
                    const LstmStates<const float>& states,
                    const float* cs_prev,
                    const float* d_cs,
                    const float* d_h,
                    float* d_gates,
                    float* d_cs_prev);

/// Adds the gradients of the peepholes' weights in a step.
void add_peephole_gradients(const Lstm& lstm,
                            const float* d_gates,
                            const float* cs_prev,
                            const float* cs,
                            float* d_wci,
                            float* d_wcf,
                            float* d_wco);

}  // namespace tern
