#include <nvrtc.h>
