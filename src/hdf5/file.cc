#include <limits>
#include <mutex>

#include "hdf5/datatype.h"
#include "hdf5/heap_check.h"
#include "hdf5/text.h"
#include "io/hdf5.h"
#include "tern/core/error.h"

namespace tern::io {
namespace {

/// Attributes are kept in object headers of at most 64 KiB; Keras splits
/// larger lists. A variable-length text takes 16 bytes there.
constexpr std::size_t kMaxTextsPerAttribute = 64512 / 16;

/// The HDF5 library is not safe for threads as Debian builds it.
std::mutex& library_mutex() {
  static std::mutex mutex;
  return mutex;
}

/// The innermost message of HDF5's error stack.
herr_t take_description(unsigned, const H5E_error2_t* error, void* out) {
  auto& text = *static_cast<std::string*>(out);
  if (text.empty() && error->desc) text = error->desc;
  return 0;
}

std::string hdf5_error() {
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_description, &text);
  return text.empty() ? "unknown error" : text;
}

class File : public Hdf5File {
 public:
  File(const std::string& path, bool create) : path_(path) {
    std::lock_guard lock(library_mutex());
    // Failures come back as exceptions, not on stderr.
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    if (create) {
      file_ = {H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT),
               H5Fclose};
      if (!file_) throw PermissionDeniedError(path, ": ", hdf5_error());
      return;
    }
    if (H5Fis_hdf5(path.c_str()) <= 0)
      throw DataLossError(path, ": not an HDF5 file");
    file_ = {H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose};
    if (!file_) throw DataLossError(path, ": ", hdf5_error());
  }

  ~File() override {
    std::lock_guard lock(library_mutex());
    file_.reset();
  }

  bool contains(const std::string& path) const override {
    std::lock_guard lock(library_mutex());
    return exists(path);
  }

  std::vector<std::string> children(const std::string& group) const override {
    std::lock_guard lock(library_mutex());
    Hdf5Object object = open(group);
    H5G_info_t info;
    if (H5Gget_info(object.get(), &info) < 0) damaged(group, "not a group");
    std::vector<std::string> names;
    for (hsize_t i = 0; i < info.nlinks; ++i) {
      ssize_t size = H5Lget_name_by_idx(object.get(),
                                        ".",
                                        H5_INDEX_NAME,
                                        H5_ITER_INC,
                                        i,
                                        nullptr,
                                        0,
                                        H5P_DEFAULT);
      if (size < 0) damaged(group, hdf5_error());
      std::string name(static_cast<std::size_t>(size), '\0');
      H5Lget_name_by_idx(object.get(),
                         ".",
                         H5_INDEX_NAME,
                         H5_ITER_INC,
                         i,
                         name.data(),
                         name.size() + 1,
                         H5P_DEFAULT);
      names.push_back(std::move(name));
    }
    return names;
  }

  Tensor read(const std::string& dataset) const override {
    std::lock_guard lock(library_mutex());
    if (!exists(dataset))
      throw NotFoundError(path_, ": no dataset \"", dataset, "\"");
    Hdf5Object data(H5Dopen2(file_.get(), dataset.c_str(), H5P_DEFAULT),
                    H5Dclose);
    if (!data) damaged(dataset, hdf5_error());
    Hdf5Object type(H5Dget_type(data.get()), H5Tclose);
    Hdf5Object space(H5Dget_space(data.get()), H5Sclose);
    if (!type || !space) damaged(dataset, hdf5_error());
    DType dtype = dtype_of_hdf5(type.get());
    if (dtype == DType{})
      throw UnimplementedError(
          path_, ": dataset \"", dataset, "\" does not hold numbers");
    Shape shape = shape_of(dataset, space, H5Tget_size(type.get()));
    if (shape.num_elements() > 0) check_storage(dataset, data, type, shape);
    Tensor values = Tensor::allocate(dtype, shape);
    Hdf5Object memory = hdf5_type_of(dtype);
    if (shape.num_elements() > 0 && H5Dread(data.get(),
                                            memory.get(),
                                            H5S_ALL,
                                            H5S_ALL,
                                            H5P_DEFAULT,
                                            values.mutable_data()) < 0)
      damaged(dataset, hdf5_error());
    return values;
  }

  std::optional<std::string> text_attribute(
      const std::string& object, const std::string& name) const override {
    std::lock_guard lock(library_mutex());
    auto texts = texts_of(object, name);
    if (!texts) return std::nullopt;
    if (texts->size() != 1)
      damaged(object, "attribute \"" + name + "\" is not one text");
    return std::move((*texts)[0]);
  }

  std::optional<std::vector<std::string>> list_attribute(
      const std::string& object, const std::string& name) const override {
    std::lock_guard lock(library_mutex());
    auto all = texts_of(object, name);
    if (all) return all;
    for (int part = 0;; ++part) {
      auto more = texts_of(object, name + std::to_string(part));
      if (!more) return all;
      if (!all) all.emplace();
      all->insert(all->end(), more->begin(), more->end());
    }
  }

  void create_group(const std::string& group) override {
    std::lock_guard lock(library_mutex());
    make_group(group);
  }

  void write(const std::string& dataset, const Tensor& values) override {
    std::lock_guard lock(library_mutex());
    Hdf5Object type = hdf5_type_of(values.dtype());
    if (!type)
      throw UnimplementedError(path_,
                               ": dataset \"",
                               dataset,
                               "\": HDF5 files of Keras hold no ",
                               values.dtype().name());
    Hdf5Object space = space_of(values.shape());
    Hdf5Object links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    H5Pset_create_intermediate_group(links.get(), 1);
    Hdf5Object data(H5Dcreate2(file_.get(),
                               dataset.c_str(),
                               type.get(),
                               space.get(),
                               links.get(),
                               H5P_DEFAULT,
                               H5P_DEFAULT),
                    H5Dclose);
    if (!data) failed("dataset", dataset);
    if (values.num_elements() > 0 && H5Dwrite(data.get(),
                                              type.get(),
                                              H5S_ALL,
                                              H5S_ALL,
                                              H5P_DEFAULT,
                                              values.raw_data()) < 0)
      failed("dataset", dataset);
  }

  void set_text_attribute(const std::string& object,
                          const std::string& name,
                          const std::string& text) override {
    std::lock_guard lock(library_mutex());
    if (!write_text(open(object).get(), name.c_str(), text))
      failed("attribute", object + "/" + name);
  }

  void set_list_attribute(const std::string& object,
                          const std::string& name,
                          const std::vector<std::string>& texts) override {
    std::lock_guard lock(library_mutex());
    Hdf5Object target = open(object);
    bool split = texts.size() > kMaxTextsPerAttribute;
    for (std::size_t begin = 0, part = 0; begin == 0 || begin < texts.size();
         ++part) {
      std::size_t end = std::min(texts.size(), begin + kMaxTextsPerAttribute);
      std::vector<std::string> some(
          texts.begin() + static_cast<std::ptrdiff_t>(begin),
          texts.begin() + static_cast<std::ptrdiff_t>(end));
      std::string full = split ? name + std::to_string(part) : name;
      if (!write_texts(target.get(), full.c_str(), some))
        failed("attribute", object + "/" + full);
      if (end == texts.size()) break;
      begin = end;
    }
  }

  void close() override {
    std::lock_guard lock(library_mutex());
    if (H5Fflush(file_.get(), H5F_SCOPE_GLOBAL) < 0 || !file_.reset())
      throw UnavailableError(path_, ": ", hdf5_error());
  }

 private:
  /// Each group on the way must be there: HDF5 itself reports an error.
  bool exists(const std::string& path) const {
    for (std::size_t slash = path.find('/');;
         slash = path.find('/', slash + 1)) {
      std::string part = path.substr(0, slash);
      if (!part.empty() &&
          H5Lexists(file_.get(), part.c_str(), H5P_DEFAULT) <= 0)
        return false;
      if (slash == std::string::npos) return true;
    }
  }

  Hdf5Object open(const std::string& path) const {
    if (!exists(path)) throw NotFoundError(path_, ": no group \"", path, "\"");
    Hdf5Object object(
        H5Oopen(file_.get(), path.empty() ? "/" : path.c_str(), H5P_DEFAULT),
        H5Oclose);
    if (!object) damaged(path, hdf5_error());
    return object;
  }

  std::optional<std::vector<std::string>> texts_of(
      const std::string& object, const std::string& name) const {
    Hdf5Object target = open(object);
    if (H5Aexists(target.get(), name.c_str()) <= 0) return std::nullopt;
    Hdf5Object attribute(H5Aopen(target.get(), name.c_str(), H5P_DEFAULT),
                         H5Aclose);
    std::vector<std::string> texts;
    if (!attribute || !heap_is_sound(target, attribute, name) ||
        !read_texts(attribute.get(), texts))
      damaged(object, "attribute \"" + name + "\" cannot be read as text");
    return texts;
  }

  bool heap_is_sound(const Hdf5Object& object,
                     const Hdf5Object& attribute,
                     const std::string& name) const {
    Hdf5Object type(H5Aget_type(attribute.get()), H5Tclose);
    Hdf5Object space(H5Aget_space(attribute.get()), H5Sclose);
    if (!type || !space) return false;
    if (H5Tis_variable_str(type.get()) <= 0) return true;
    hssize_t count = H5Sget_simple_extent_npoints(space.get());
    H5O_info_t info;
    if (count < 0 || H5Oget_info(object.get(), &info) < 0) return false;
    return texts_lie_in_heap(
        path_, info.addr, name, static_cast<std::size_t>(count));
  }

  void make_group(const std::string& group) {
    if (group.empty() || exists(group)) return;
    Hdf5Object links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    H5Pset_create_intermediate_group(links.get(), 1);
    Hdf5Object made(
        H5Gcreate2(
            file_.get(), group.c_str(), links.get(), H5P_DEFAULT, H5P_DEFAULT),
        H5Gclose);
    if (!made) failed("group", group);
  }

  static Hdf5Object space_of(const Shape& shape) {
    if (shape.rank() == 0) return {H5Screate(H5S_SCALAR), H5Sclose};
    std::vector<hsize_t> dims(shape.begin(), shape.end());
    return {H5Screate_simple(shape.rank(), dims.data(), nullptr), H5Sclose};
  }

  Shape shape_of(const std::string& dataset,
                 const Hdf5Object& space,
                 std::size_t element) const {
    int rank = H5Sget_simple_extent_ndims(space.get());
    if (rank < 0) damaged(dataset, hdf5_error());
    std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
    H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr);
    hsize_t room = std::numeric_limits<std::int64_t>::max() / element;
    std::vector<std::int64_t> sizes;
    for (hsize_t dim : dims) {
      if (dim > room) damaged(dataset, "its shape is too large");
      if (dim > 0) room /= dim;
      sizes.push_back(static_cast<std::int64_t>(dim));
    }
    return Shape(sizes);
  }

  /// Before memory is taken for them, the bytes must be in the file, whatever
  /// a damaged header says. (Compressed chunks may be smaller, but not gone.)
  void check_storage(const std::string& dataset,
                     const Hdf5Object& data,
                     const Hdf5Object& type,
                     const Shape& shape) const {
    Hdf5Object layout(H5Dget_create_plist(data.get()), H5Pclose);
    auto needed =
        static_cast<hsize_t>(shape.num_elements()) * H5Tget_size(type.get());
    hsize_t stored = H5Dget_storage_size(data.get());
    constexpr hsize_t kMaxDeflate = 1100;  // zlib's best is about 1032
    bool chunked = H5Pget_layout(layout.get()) == H5D_CHUNKED;
    hsize_t file_size = 0;
    H5Fget_filesize(file_.get(), &file_size);
    if (stored > file_size || needed / (chunked ? kMaxDeflate : 1) > stored)
      damaged(dataset,
              "the file has " + std::to_string(stored) + " of " +
                  std::to_string(needed) + " bytes");
  }

  [[noreturn]] void damaged(const std::string& object,
                            const std::string& why) const {
    throw DataLossError(
        path_, ": \"", object.empty() ? "/" : object, "\": ", why);
  }

  [[noreturn]] void failed(const char* kind, const std::string& name) const {
    throw UnavailableError(path_,
                           ": ",
                           kind,
                           " \"",
                           name,
                           "\" could not be written: ",
                           hdf5_error());
  }

  std::string path_;
  Hdf5Object file_;
};

}  // namespace
}  // namespace tern::io

extern "C" __attribute__((visibility("default")))
const tern::io::detail::Hdf5Library*
tern_hdf5_library() {
  using tern::io::File;
  using tern::io::Hdf5File;
  static const tern::io::detail::Hdf5Library library = {
      [](const std::string& path) -> std::unique_ptr<Hdf5File> {
        return std::make_unique<File>(path, false);
      },
      [](const std::string& path) -> std::unique_ptr<Hdf5File> {
        return std::make_unique<File>(path, true);
      }};
  return &library;
}
