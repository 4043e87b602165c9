#pragma once

#include <cstdint>
#include <vector>

#include "tern/core/tensor.h"
#include "tern/ops/sparse_tensor.h"

namespace tern::nn {

// Connectionist temporal classification (Graves et al., 2006). Inputs are
// logits [steps, batch, classes]; the last class is the blank.

struct CtcLossOptions {
  bool preprocess_collapse_repeated = false;
  bool ctc_merge_repeated = true;
  bool ignore_longer_outputs_than_inputs = false;
  bool logits_time_major = true;  ///< false: [batch, steps, classes]
};

/// The negative log likelihood [batch] of labels [batch, …]. logit_length:
/// int32 [batch]. Throws InvalidArgumentError for labels that do not fit into
/// the steps.
Tensor ctc_loss(const SparseTensor& labels,
                const Tensor& logits,
                const Tensor& logit_length,
                CtcLossOptions options = {});

struct CtcDecoded {
  std::vector<SparseTensor> decoded;  // int64 labels, one tensor a path
  Tensor log_probability;             // [batch, paths]
};

struct CtcGreedyOptions {
  bool merge_repeated = true;
  std::int64_t blank_index = -1;
};
/// The best class of each step. log_probability is the negative sum of their
/// logits.
CtcDecoded ctc_greedy_decoder(const Tensor& inputs,
                              const Tensor& sequence_length,
                              CtcGreedyOptions options = {});

struct CtcBeamOptions {
  std::int64_t beam_width = 100;
  std::int64_t top_paths = 1;
  bool merge_repeated = false;
};
/// The likeliest label sequences that a search of this width finds.
CtcDecoded ctc_beam_search_decoder(const Tensor& inputs,
                                   const Tensor& sequence_length,
                                   CtcBeamOptions options = {});

}  // namespace tern::nn
