// The reserve space of a training step: what the backward pass needs of the forward pass, and how far the step has come.
#pragma once

#include "batch.hpp"

namespace standin::dnn {

enum class Stage : uint64_t { forward = 1, data = 2 };

/// Bytes of the workspace, which only has to be there: it is overwritten.
size_t work_bytes(const cudnnAttnStruct &attention);

size_t reserve_bytes(const cudnnAttnStruct &attention);

/// Begins a training step: dropout and windows go into the reserve space.
void begin_step(const Batch &batch, Dropped dropped, void *reserve);

/// Goes on with a step that has come to a stage; false, with a breach recorded, where the space holds no such step.
bool resume_step(const char *function, Stage needed, const cudnnAttnStruct &attention, const void *reserve, Dropped &dropped);

/// Whether windows are those of the forward pass; a breach is recorded where not.
bool same_windows(const char *function, const Batch &batch, const void *reserve);

/// The windows of the forward pass.
void recall_windows(Batch &batch, const void *reserve);

/// Says that the gradients of the data are done.
void advance_step(void *reserve);

}  // namespace standin::dnn
