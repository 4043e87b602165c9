#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "tern/core/tensor.h"

namespace tern::keras {

/// What layers leave beside their outputs while a training or test step runs:
/// penalties on activities, and the logits under a softmax or sigmoid, from
/// which crossentropies are computed with less error and work; masks. Outside
/// of a step nothing is kept.
class StepScope {
 public:
  StepScope();
  ~StepScope();
  StepScope(const StepScope&) = delete;
  StepScope& operator=(const StepScope&) = delete;

  /// The innermost step of this thread; null outside.
  static StepScope* current();

  /// The mask that a model gave beside one of its outputs.
  void note_mask(const Tensor& output, Tensor mask);
  static Tensor mask_of(const Tensor& output);

  void add_loss(Tensor loss) { losses_.push_back(std::move(loss)); }
  const Tensors& losses() const { return losses_; }

  enum class Link { kSigmoid, kSoftmax };
  void note_logits(Link link, const Tensor& output, Tensor logits);
  /// The logits behind `output`; undefined when it is not such an output.
  static Tensor logits_of(Link link, const Tensor& output);

 private:
  struct Note {
    Link link;
    std::uint64_t output;
    Tensor logits;
  };
  Tensors losses_;
  std::vector<Note> notes_;
  std::vector<std::pair<std::uint64_t, Tensor>> masks_;  // by output
  StepScope* outer_;
};

}  // namespace tern::keras
