#pragma once

#include <benchmark/benchmark.h>

#include <array>
#include <memory>

namespace tern {

/// The limits of this machine for as many threads as Tern uses, measured:
/// S. Williams et al., "Roofline: an insightful visual performance model",
/// 2009.
struct Roofline {
  /// Bytes a second of one mix of reads and writes.
  struct Stream {
    const char* name;
    double write_share;  // of the bytes moved
    double bandwidth;
  };

  double flops;  // float32 operations a second
  /// By write_share, ascending.
  std::array<Stream, 4> streams;

  static Roofline measure();
  /// The least seconds for the given work.
  double seconds(double operations, double read, double written) const;
};

/// Prints what each benchmark reaches of the machine's limit for its work.
std::unique_ptr<benchmark::BenchmarkReporter> roofline_reporter();

}  // namespace tern
