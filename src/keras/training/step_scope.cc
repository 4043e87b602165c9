#include "keras/training/step_scope.h"

namespace tern::keras {
namespace {

thread_local StepScope* innermost = nullptr;

}  // namespace

StepScope::StepScope() : outer_(innermost) { innermost = this; }

StepScope::~StepScope() { innermost = outer_; }

StepScope* StepScope::current() { return innermost; }

void StepScope::note_logits(Link link, const Tensor& output, Tensor logits) {
  notes_.push_back({link, output.id(), std::move(logits)});
}

Tensor StepScope::logits_of(Link link, const Tensor& output) {
  if (!innermost) return {};
  std::uint64_t id = output.id();
  for (const Note& note : innermost->notes_)
    if (note.link == link && note.output == id) return note.logits;
  return {};
}

void StepScope::note_mask(const Tensor& output, Tensor mask) {
  masks_.emplace_back(output.id(), std::move(mask));
}

Tensor StepScope::mask_of(const Tensor& output) {
  if (!innermost) return {};
  std::uint64_t id = output.id();
  for (const auto& [masked, mask] : innermost->masks_)
    if (masked == id) return mask;
  return {};
}

}  // namespace tern::keras
