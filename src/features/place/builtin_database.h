// features/place/builtin_database.h
//
// The country database inside the binary (data/README.md), as the build unpacked it.
#pragma once

#include "core/bytes.h"

namespace keystead::place {

ByteView builtin_database();

} // namespace keystead::place
