#pragma once

namespace standin {

/// Forgets every breach and mends the device.
void forget_breaches();

}  // namespace standin
