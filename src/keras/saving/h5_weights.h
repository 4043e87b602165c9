#pragma once

#include <string>

#include "io/hdf5.h"
#include "tern/keras/model.h"

namespace tern::keras {

/// The weights of a model under `group` ("" is the root), a group a layer.
void write_weights(const Model& model,
                   io::Hdf5File& file,
                   const std::string& group);

/// Reads them back, layer by layer in order; names do not matter. All are read
/// and checked before the first is assigned.
void read_weights(const Model& model,
                  const io::Hdf5File& file,
                  const std::string& group,
                  const std::string& path);

/// The optimizer's state under "optimizer_weights".
void write_optimizer(const Optimizer& optimizer, io::Hdf5File& file);

/// Reads the state of the same kind of optimizer as Keras 2 (new and legacy)
/// and Keras 3 write it; does nothing where the file has none.
void read_optimizer(const Model& model,
                    const Optimizer& optimizer,
                    const io::Hdf5File& file,
                    const std::string& path);

}  // namespace tern::keras
