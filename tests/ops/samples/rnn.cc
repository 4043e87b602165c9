#include "ops/harness/samples.h"

namespace tern {

using namespace harness;

namespace {

constexpr std::int64_t kBatch = 2, kInputs = 3, kCells = 5;

std::vector<Input> operator+(std::vector<Input> list,
                             const std::vector<Input>& more) {
  list.insert(list.end(), more.begin(), more.end());
  return list;
}

Input states() { return random({kBatch, kCells}, -1, 1); }
Input states(std::int64_t steps) {
  return random({steps, kBatch, kCells}, -1, 1);
}

std::vector<Input> repeated(const Input& input, std::size_t count) {
  return std::vector<Input>(count, input);
}

/// cs_prev, h_prev, w, wci, wcf, wco, b.
std::vector<Input> states_and_weights() {
  return {states(),
          states(),
          random({kInputs + kCells, 4 * kCells}, -1, 1),
          random({kCells}, -1, 1),
          random({kCells}, 0, 1),
          random({kCells}, -1, 0),
          random({4 * kCells}, -1, 1)};
}

/// TensorFlow's gradient passes by all outputs but cs and h, and the clipping.
void add_lstm_samples(Samples& samples) {
  for (bool use_peephole : {false, true}) {
    const Sample::NamedAttrs attrs{{"use_peephole", use_peephole}};
    samples.of("LSTMBlockCell")
        .add(std::vector{random({kBatch, kInputs})} + states_and_weights(),
             attrs);
    samples.of("LSTMBlockCellGrad")
        .add(std::vector{random({kBatch, kInputs})} + states_and_weights() +
                 repeated(states(), 8),
             attrs);
    for (std::int64_t steps : {0, 1, 3}) {
      const std::vector<Input> inputs =
          std::vector{axis(steps), random({3, kBatch, kInputs})} +
          states_and_weights();
      for (const char* op : {"BlockLSTM", "BlockLSTMV2"})
        samples.of(op).add(inputs, attrs, kNoFiniteDifferences);
      for (const char* op : {"BlockLSTMGrad", "BlockLSTMGradV2"})
        samples.of(op).add(inputs + repeated(states(3), 9), attrs);
    }
  }
}

void add_gru_samples(Samples& samples) {
  const std::vector<Input> inputs = {
      random({kBatch, kInputs}),
      states(),
      random({kInputs + kCells, 2 * kCells}, -1, 1),
      random({kInputs + kCells, kCells}, -1, 1),
      random({2 * kCells}, -1, 1),
      random({kCells}, -1, 1)};
  samples.of("GRUBlockCell").add(inputs);
  samples.of("GRUBlockCellGrad").add(inputs + repeated(states(), 4));
}

}  // namespace

void add_rnn_samples(Samples& samples) {
  add_lstm_samples(samples);
  add_gru_samples(samples);
}

}  // namespace tern
