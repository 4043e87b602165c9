#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tern/core/tensor.h"

namespace tern::io {

/// A file of named groups, datasets and attributes (HDF5), as far as Keras
/// uses it. Paths run from the root: "model_weights/dense/kernel:0"; the root
/// itself is "". All errors name the file and the object.
class Hdf5File {
 public:
  virtual ~Hdf5File() = default;

  /// Whether there is a group or dataset of that path.
  virtual bool contains(const std::string& path) const = 0;
  /// The names in a group, in alphabetical order.
  virtual std::vector<std::string> children(const std::string& group) const = 0;
  /// Numbers of any of Tern's dtypes, any byte order. Throws NotFoundError
  /// without the dataset, DataLossError where its bytes are missing.
  virtual Tensor read(const std::string& dataset) const = 0;
  /// An attribute of one text; nothing where there is none.
  virtual std::optional<std::string> text_attribute(
      const std::string& object, const std::string& name) const = 0;
  /// An attribute of a list of texts, also one split into name0, name1, …
  /// because of its size; nothing where there is none.
  virtual std::optional<std::vector<std::string>> list_attribute(
      const std::string& object, const std::string& name) const = 0;

  /// Makes a group and those above it.
  virtual void create_group(const std::string& group) = 0;
  /// Writes a dataset; makes the groups above it.
  virtual void write(const std::string& dataset, const Tensor& values) = 0;
  virtual void set_text_attribute(const std::string& object,
                                  const std::string& name,
                                  const std::string& text) = 0;
  virtual void set_list_attribute(const std::string& object,
                                  const std::string& name,
                                  const std::vector<std::string>& texts) = 0;
  /// Writes everything out; the file is closed afterwards.
  virtual void close() = 0;
};

/// Opens an HDF5 file for reading. Throws NotFoundError without the file,
/// DataLossError when it is not HDF5 or cut off, UnimplementedError when this
/// build of Tern has no HDF5.
std::unique_ptr<Hdf5File> open_hdf5(const std::string& path);

/// Starts a new, empty HDF5 file.
std::unique_ptr<Hdf5File> create_hdf5(const std::string& path);

namespace detail {
/// What tern_hdf5, opened on first use, offers: linking it would cost every
/// program 5 to 28 ms at start.
struct Hdf5Library {
  std::unique_ptr<Hdf5File> (*open)(const std::string& path);
  std::unique_ptr<Hdf5File> (*create)(const std::string& path);
};
}  // namespace detail

}  // namespace tern::io
