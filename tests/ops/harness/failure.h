#pragma once

#include "ops/harness/contract.h"
#include "tern/core/error.h"

namespace tern::harness {

/// Collects what one check finds, each with op, sample and check before it.
class Report {
 public:
  Report(const OpDef& op, int number, std::string_view check)
      : prefix_(
            detail::concat(op.name, ", sample ", number, ", ", check, ": ")) {}

  template <class... Parts>
  void fail(const Parts&... parts) {
    failures_.push_back(prefix_ + detail::concat(parts...));
  }
  /// Runs `body`; an error that it throws is a failure.
  template <class Body>
  void guard(std::string_view what, const Body& body) {
    try {
      body();
    } catch (const std::exception& error) {
      fail(what, ": ", error.what());
    }
  }
  Failures take() { return std::move(failures_); }

 private:
  std::string prefix_;
  Failures failures_;
};

}  // namespace tern::harness
