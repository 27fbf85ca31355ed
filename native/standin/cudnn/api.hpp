// cuDNN's own declarations, which make its functions visible outside the library, and how calls begin and end.
#pragma once

#pragma GCC visibility push(default)
#include <cudnn.h>
#pragma GCC visibility pop

#include "core/standin.hpp"

#include <string>

namespace standin::dnn {

/// Records the text that cudnnGetLastErrorString gives to this thread, and returns the status.
cudnnStatus_t fail(const char *function, cudnnStatus_t status, const std::string &why);

/// What a call says that a test let fail.
cudnnStatus_t injected(const char *function, int status);

/// Ends an object, or nothing where there is none; also where a test lets the call fail, as a destruction that fails destroys too.
template <class T>
cudnnStatus_t destroy(const char *function, Registry<T> &live, const void *object) {
    auto wanted = enter(function);
    if (object != nullptr && !live.destroy(function, object)) {
        return fail(function, CUDNN_STATUS_BAD_PARAM, "the object is not a live one");
    }
    return wanted ? injected(function, *wanted) : CUDNN_STATUS_SUCCESS;
}

/// The status after queuing work: of a lost device, or of a breach that has just lost it.
cudnnStatus_t queued(const char *function, bool accepted);

}  // namespace standin::dnn

/// Counts the call, and ends it where a test wants it to fail.
#define DNN_ENTER()                                               \
    do {                                                          \
        if (auto wanted = standin::enter(__func__)) {             \
            return standin::dnn::injected(__func__, *wanted);     \
        }                                                         \
    } while (false)

/// Ends the call with a status where a condition holds; the text is the condition, as in cuDNN's own messages.
#define DNN_REFUSE_IN(function, condition, status)                    \
    do {                                                              \
        if (condition) {                                              \
            return standin::dnn::fail(function, status, #condition);  \
        }                                                             \
    } while (false)

#define DNN_REFUSE(condition, status) DNN_REFUSE_IN(__func__, condition, status)
#define DNN_BAD(condition) DNN_REFUSE_IN(__func__, condition, CUDNN_STATUS_BAD_PARAM)
#define DNN_UNSUPPORTED(condition) DNN_REFUSE_IN(__func__, condition, CUDNN_STATUS_NOT_SUPPORTED)

/// The same in a function that is not exported, on behalf of one that is.
#define DNN_BAD_IN(function, condition) DNN_REFUSE_IN(function, condition, CUDNN_STATUS_BAD_PARAM)
#define DNN_UNSUPPORTED_IN(function, condition) DNN_REFUSE_IN(function, condition, CUDNN_STATUS_NOT_SUPPORTED)

/// Ends the call where an inner check refused; the check has recorded why.
#define DNN_TRY(expression)                                                       \
    do {                                                                          \
        if (cudnnStatus_t inner = (expression); inner != CUDNN_STATUS_SUCCESS) {  \
            return inner;                                                         \
        }                                                                         \
    } while (false)
