// storage/rows.h
//
// What stores do with the answers of statements again and again.
#pragma once

#include "storage/database.h"

#include <utility>
#include <vector>

namespace keystead::storage {

/// A change of which nobody asks how many rows it was.
inline Result<void> done(Result<int> rows)
{
    return rows ? Result<void>{} : Result<void>(std::move(rows).error());
}

/// The first column of each row.
inline std::vector<Digest> digests_of(const Rows& rows)
{
    std::vector<Digest> list;
    list.reserve(rows.size());
    for (const Row& row : rows) {
        list.push_back(row.digest(0));
    }
    return list;
}

} // namespace keystead::storage
