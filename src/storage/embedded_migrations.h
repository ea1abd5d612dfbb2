// storage/embedded_migrations.h
//
// The migrations of this build: every src/**/migrations/NNNN_name.sql, in order of number. The
// function's text is made by cmake/EmbedMigrations.cmake.
#pragma once

#include "storage/migrations.h"

#include <span>

namespace keystead {

std::span<const Migration> embedded_migrations();

} // namespace keystead
