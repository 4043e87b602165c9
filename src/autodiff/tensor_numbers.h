#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tern {

/// Numbers tensors from 0 in the order they are met, so that what is known of
/// them sits in arrays. A hash table with open addressing and room for twice
/// its entries: tapes ask it several times an op.
class TensorNumbers {
 public:
  static constexpr int kUnknown = -1;

  /// The number of the tensor with this id; kUnknown for strangers and for the
  /// id 0, which no tensor has.
  int find(std::uint64_t id) const {
    for (std::size_t i = home_of(id);; i = (i + 1) & mask()) {
      if (places_[i].id == id && id != 0) return places_[i].number;
      if (places_[i].id == 0) return kUnknown;
    }
  }

  /// The tensor's number, a new one for a stranger.
  int number_of(std::uint64_t id) {
    if (int known = find(id); known != kUnknown) return known;
    if (2 * static_cast<std::size_t>(size_ + 1) > places_.size()) grow();
    insert({id, size_});
    return size_++;
  }

  int size() const { return size_; }
  void clear() { *this = TensorNumbers(); }

 private:
  struct Place {
    std::uint64_t id = 0;
    int number = kUnknown;
  };

  std::size_t mask() const { return places_.size() - 1; }
  /// Fibonacci hashing: ids are mostly consecutive.
  std::size_t home_of(std::uint64_t id) const {
    return (id * 0x9E3779B97F4A7C15u) >> 32 & mask();
  }
  void insert(Place place) {
    std::size_t i = home_of(place.id);
    while (places_[i].id != 0) i = (i + 1) & mask();
    places_[i] = place;
  }
  void grow() {
    std::vector<Place> old(2 * places_.size());
    old.swap(places_);
    for (const Place& place : old)
      if (place.id != 0) insert(place);
  }

  std::vector<Place> places_ = std::vector<Place>(32);
  int size_ = 0;
};

}  // namespace tern
