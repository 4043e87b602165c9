#include "hdf5/heap_check.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <utility>
#include <vector>

namespace tern::io {
namespace {

// Types of object header messages, of the HDF5 file format 1.1.
constexpr unsigned kAttribute = 0x0C, kContinuation = 0x10;
constexpr std::uint64_t kMaxBlock = 1 << 24;

std::uint64_t padded(std::uint64_t size) { return (size + 7) / 8 * 8; }

/// Little-endian integers of a piece of the file.
class Bytes {
 public:
  explicit Bytes(std::string bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const { return bytes_.size(); }
  /// 0 beyond the end.
  std::uint64_t get(std::uint64_t at, int width) const {
    std::uint64_t value = 0;
    if (at > size() || size() - at < static_cast<unsigned>(width)) return 0;
    for (int i = width; i-- > 0;)
      value = value << 8 |
              static_cast<unsigned char>(bytes_[at + static_cast<unsigned>(i)]);
    return value;
  }
  bool has_text(std::uint64_t at, const std::string& text) const {
    return at <= size() && bytes_.compare(at, text.size(), text) == 0;
  }

 private:
  std::string bytes_;
};

class HeapCheck {
 public:
  explicit HeapCheck(const std::string& path) : file_(path, std::ios::binary) {}

  /// The references of an attribute: length, collection and index each.
  std::optional<Bytes> references(std::uint64_t address,
                                  const std::string& attribute) {
    Bytes prefix = read(address, 16);
    if (prefix.get(0, 1) != 1) return std::nullopt;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> blocks{
        {address + 16, prefix.get(8, 4)}};
    // Continuations of a damaged header may form a circle.
    for (std::size_t i = 0; i < blocks.size() && i < 100; ++i) {
      Bytes block = read(blocks[i].first, blocks[i].second);
      for (std::uint64_t at = 0; at + 8 <= block.size();) {
        std::uint64_t type = block.get(at, 2), size = block.get(at + 2, 2);
        std::uint64_t data = at + 8;
        if (type == kContinuation)
          blocks.emplace_back(block.get(data, 8), block.get(data + 8, 8));
        if (type == kAttribute && name_begin(block, data) != 0 &&
            block.has_text(name_begin(block, data), attribute + '\0'))
          return read(blocks[i].first + values_begin(block, data), size);
        at = data + size;
      }
    }
    return std::nullopt;
  }

  /// Whether object `index` of the heap collection has `length` bytes.
  bool has_object(std::uint64_t collection,
                  std::uint64_t index,
                  std::uint64_t length) {
    Bytes head = read(collection, 16);
    if (!head.has_text(0, "GCOL")) return false;
    Bytes heap = read(collection, head.get(8, 8));
    bool found = false;
    for (std::uint64_t at = 16; at + 16 <= heap.size();) {
      std::uint64_t number = heap.get(at, 2), size = heap.get(at + 8, 8);
      if (number == 0) {  // free space, which counts its own header
        if (size < 16 || size > heap.size() - at) return false;
        at += size;
        continue;
      }
      if (size > heap.size() - at - 16) return false;
      found = found || (number == index && length <= size);
      at += 16 + padded(size);
    }
    return found;
  }

 private:
  Bytes read(std::uint64_t at, std::uint64_t size) {
    std::string bytes(std::min(size, kMaxBlock), '\0');
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(at));
    file_.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(file_.gcount()));
    return Bytes(std::move(bytes));
  }

  /// Version 1 pads name, type and space to 8 bytes; version 3 has one byte
  /// more before the name.
  static std::uint64_t name_begin(const Bytes& block, std::uint64_t data) {
    std::uint64_t version = block.get(data, 1);
    return version < 1 || version > 3 ? 0 : data + (version == 3 ? 9 : 8);
  }
  static std::uint64_t values_begin(const Bytes& block, std::uint64_t data) {
    std::uint64_t at = name_begin(block, data);
    for (int field : {2, 4, 6}) {
      std::uint64_t size = block.get(data + static_cast<unsigned>(field), 2);
      at += block.get(data, 1) == 1 ? padded(size) : size;
    }
    return at;
  }

  std::ifstream file_;
};

}  // namespace

bool texts_lie_in_heap(const std::string& path,
                       std::uint64_t address,
                       const std::string& attribute,
                       std::size_t count) {
  HeapCheck check(path);
  std::optional<Bytes> references = check.references(address, attribute);
  if (!references) return true;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t at = i * 16, length = references->get(at, 4);
    std::uint64_t collection = references->get(at + 4, 8);
    if (at + 16 > references->size()) return false;
    if (length == 0 && collection == 0) continue;
    if (!check.has_object(collection, references->get(at + 12, 4), length))
      return false;
  }
  return true;
}

}  // namespace tern::io
