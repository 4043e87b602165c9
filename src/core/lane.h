#pragma once

namespace tern {

/// For the life of the object the calling thread's parallel loops use at most
/// `size` threads. Serving and parallel maps give each of their long-lived
/// threads a lane, mostly of size 1, so that together they use every core once.
class Lane {
 public:
  /// Throws InvalidArgumentError for size < 1.
  explicit Lane(int size);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

 private:
  int previous_;
};

/// Counts the calling thread among those at work for the life of the object,
/// also between its loops: so many threads share the cores.
class AtWork {
 public:
  AtWork();
  ~AtWork();
  AtWork(const AtWork&) = delete;
  AtWork& operator=(const AtWork&) = delete;

 private:
  bool counts_;
};

}  // namespace tern
