#include "tern/core/nest.h"

#include <algorithm>

namespace tern {
namespace {

/// "'a', 'b'", for errors that name the keys there are.
std::string quoted(const std::vector<std::string>& keys) {
  std::string text;
  for (const std::string& key : keys)
    text += (text.empty() ? "'" : ", '") + key + "'";
  return text.empty() ? "none" : text;
}

}  // namespace

const Tensor& Dict::operator[](std::string_view key) const {
  int i = find(key);
  if (i < 0) throw_missing(key);
  return items_[static_cast<std::size_t>(i)].second;
}

Tensor& Dict::operator[](std::string_view key) {
  int i = find(key);
  if (i >= 0) return items_[static_cast<std::size_t>(i)].second;
  return items_.emplace_back(std::string(key), Tensor()).second;
}

Tensor Dict::pop(std::string_view key) {
  int i = find(key);
  if (i < 0) throw_missing(key);
  auto position = items_.begin() + i;
  Tensor value = std::move(position->second);
  items_.erase(position);
  return value;
}

int Dict::find(std::string_view key) const {
  auto found = std::ranges::find(items_, key, &Item::first);
  return found == items_.end() ? -1 : static_cast<int>(found - items_.begin());
}

void Dict::throw_missing(std::string_view key) const {
  std::vector<std::string> keys;
  for (const Item& item : items_) keys.push_back(item.first);
  throw NotFoundError("no key '", key, "'; keys: ", quoted(keys));
}

Nest::Nest(const Tensors& tensors)
    : kind_(Kind::kList), items_(tensors.begin(), tensors.end()) {}

Nest::Nest(const Dict& dict) : kind_(Kind::kDict) {
  for (const auto& [key, tensor] : dict) {
    keys_.push_back(key);
    items_.emplace_back(tensor);
  }
}

Nest::Nest(std::initializer_list<Named> items) : kind_(Kind::kDict) {
  for (const Named& item : items) {
    keys_.push_back(item.first);
    items_.push_back(item.second);
  }
}

Nest Nest::list(std::vector<Nest> items) {
  Nest nest;
  nest.kind_ = Kind::kList;
  nest.items_ = std::move(items);
  return nest;
}

Nest Nest::named(std::vector<std::string> keys, std::vector<Nest> items) {
  if (keys.size() != items.size())
    throw InvalidArgumentError(
        "a named nest got ", keys.size(), " keys for ", items.size(), " items");
  Nest nest = list(std::move(items));
  nest.kind_ = Kind::kDict;
  nest.keys_ = std::move(keys);
  return nest;
}

const Tensor& Nest::tensor() const {
  if (!is_tensor())
    throw InvalidArgumentError("expected a single tensor, got the structure ",
                               structure());
  return tensor_;
}

const Nest& Nest::operator[](std::size_t i) const {
  if (i >= items_.size())
    throw OutOfRangeError("item ",
                          i,
                          " of the structure ",
                          structure(),
                          ", which has ",
                          items_.size(),
                          " items");
  return items_[i];
}

const Nest& Nest::operator[](std::string_view key) const {
  auto found = std::ranges::find(keys_, key);
  if (found == keys_.end())
    throw NotFoundError("no key '", key, "'; keys: ", quoted(keys_));
  return items_[static_cast<std::size_t>(found - keys_.begin())];
}

Tensors Nest::flatten() const {
  Tensors flat;
  append_to(flat);
  return flat;
}

void Nest::append_to(Tensors& flat) const {
  if (is_tensor()) flat.push_back(tensor_);
  for (const Nest& item : items_) item.append_to(flat);
}

Nest Nest::pack(const Tensors& flat) const {
  std::size_t used = 0;
  Nest packed = pack_from(flat, used);
  if (used != flat.size())
    throw InvalidArgumentError("the structure ",
                               structure(),
                               " has ",
                               used,
                               " tensors, got ",
                               flat.size());
  return packed;
}

Nest Nest::pack_from(const Tensors& flat, std::size_t& next) const {
  Nest packed;
  packed.kind_ = kind_;
  if (is_tensor()) {
    // Counting goes on past the end, so that the error can tell the number.
    if (next < flat.size()) packed.tensor_ = flat[next];
    ++next;
  }
  packed.keys_ = keys_;
  packed.items_.reserve(items_.size());
  for (const Nest& item : items_)
    packed.items_.push_back(item.pack_from(flat, next));
  return packed;
}

bool Nest::same_structure(const Nest& other) const {
  return kind_ == other.kind_ && keys_ == other.keys_ &&
         std::ranges::equal(
             items_, other.items_, [](const Nest& a, const Nest& b) {
               return a.same_structure(b);
             });
}

std::string Nest::structure() const {
  if (kind_ == Kind::kNone) return "None";
  if (is_tensor()) return "*";
  bool is_dict = kind_ == Kind::kDict;
  std::string text = is_dict ? "{" : "(";
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (i > 0) text += ", ";
    if (is_dict) text += "'" + keys_[i] + "': ";
    text += items_[i].structure();
  }
  if (!is_dict && items_.size() == 1) text += ",";
  return text + (is_dict ? "}" : ")");
}

void Nest::throw_parts(std::size_t wanted) const {
  throw InvalidArgumentError(
      "expected a structure of ", wanted, " parts, got ", structure());
}

}  // namespace tern
