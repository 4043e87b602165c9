#pragma once

// tf.keras: layers, models and how they are trained and saved.

#include "tern/keras/activations.h"
#include "tern/keras/applications.h"
#include "tern/keras/callbacks.h"
#include "tern/keras/config.h"
#include "tern/keras/initializers.h"
#include "tern/keras/layer.h"
#include "tern/keras/layers.h"
#include "tern/keras/losses.h"
#include "tern/keras/metrics.h"
#include "tern/keras/model.h"
#include "tern/keras/optimizers.h"
#include "tern/keras/regularizers.h"
