#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <utility>
#include <vector>

namespace tern {

/// A vector whose first N elements need no allocation. Elements are default
/// constructed up front: meant for handles and small values.
template <class T, std::size_t N>
class InlinedVector {
 public:
  InlinedVector() = default;
  explicit InlinedVector(std::size_t size) { resize(size); }
  InlinedVector(std::initializer_list<T> values) {
    resize(values.size());
    std::size_t i = 0;
    for (const T& value : values) (*this)[i++] = value;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return size_ > N ? heap_.data() : inline_; }
  const T* data() const { return size_ > N ? heap_.data() : inline_; }
  T& operator[](std::size_t i) { return data()[i]; }
  const T& operator[](std::size_t i) const { return data()[i]; }
  T& back() { return data()[size_ - 1]; }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }
  operator std::span<T>() { return {data(), size_}; }
  operator std::span<const T>() const { return {data(), size_}; }

  void resize(std::size_t size) {
    if (size > N && size_ <= N) {
      heap_.reserve(size);
      for (std::size_t i = 0; i < size_; ++i)
        heap_.push_back(std::move(inline_[i]));
      heap_.resize(size);
    } else if (size > N) {
      heap_.resize(size);
    } else if (size_ > N) {
      for (std::size_t i = 0; i < size; ++i) inline_[i] = std::move(heap_[i]);
      heap_.clear();
    } else {
      for (std::size_t i = size; i < size_; ++i) inline_[i] = T();
    }
    size_ = size;
  }
  void push_back(T value) {
    resize(size_ + 1);
    back() = std::move(value);
  }
  std::vector<T> to_vector() const { return {begin(), end()}; }

 private:
  std::size_t size_ = 0;
  T inline_[N] = {};
  std::vector<T> heap_;
};

}  // namespace tern
