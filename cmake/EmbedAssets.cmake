# cmake -DDIST=<web/dist> -DOUT=<file.cpp> -P EmbedAssets.cmake
#
# Writes one C++ source that takes the files of DIST/manifest.json into the binary by `.incbin`, in the encodings they have,
# sorted by path. Without a manifest the table is empty: the server then says that its pages were not built.
cmake_minimum_required(VERSION 3.25)
set(symbols "")
set(declarations "")
set(rows "")
set(count 0)

# One file as a pair of symbols; sets `view` to an expression for its bytes.
macro(embed file)
  string(APPEND symbols "    \".balign 16\\nks_asset_${count}:\\n.incbin \\\"${file}\\\"\\nks_asset_${count}_end:\\n\"\n"
                        "    \".globl ks_asset_${count}\\n.globl ks_asset_${count}_end\\n\"\n")
  string(APPEND declarations "extern const char ks_asset_${count}[];\nextern const char ks_asset_${count}_end[];\n")
  set(view "bytes(ks_asset_${count}, ks_asset_${count}_end)")
  math(EXPR count "${count} + 1")
endmacro()

if(EXISTS ${DIST}/manifest.json)
  file(READ ${DIST}/manifest.json manifest)
  string(JSON files_length LENGTH "${manifest}" files)
  math(EXPR last "${files_length} - 1")
  foreach(index RANGE ${last})
    string(JSON path GET "${manifest}" files ${index} path)
    string(JSON content_type GET "${manifest}" files ${index} content_type)
    string(JSON immutable GET "${manifest}" files ${index} immutable)
    embed(${DIST}/${path})
    set(identity "${view}")
    set(gzip "{}")
    set(brotli "{}")
    if(EXISTS ${DIST}/${path}.gz)
      embed(${DIST}/${path}.gz)
      set(gzip "${view}")
    endif()
    if(EXISTS ${DIST}/${path}.br)
      embed(${DIST}/${path}.br)
      set(brotli "${view}")
    endif()
    file(SHA256 ${DIST}/${path} digest)
    string(SUBSTRING ${digest} 0 32 etag)
    if(immutable)
      set(immutable true)
    else()
      set(immutable false)
    endif()
    # The path first, so that sorting the rows sorts by path.
    list(APPEND rows "{\"/${path}\", {\"${content_type}\", ${identity}, ${gzip}, ${brotli}, \"\\\"${etag}\\\"\", ${immutable}}},")
  endforeach()
endif()
string(REPLACE "; charset" "@ charset" rows "${rows}")
list(SORT rows)
list(JOIN rows "\n        " body)
string(REPLACE "@ charset" "; charset" body "${body}")
if(symbols)
  set(assembly "asm(\".section .rodata\\n\"\n${symbols}    \".text\\n\");\n\nextern \"C\" {\n${declarations}}\n")
endif()
file(WRITE ${OUT} "// Made by cmake/EmbedAssets.cmake.
#include \"app/embedded_assets.h\"

#include <vector>

${assembly}
namespace keystead::app {
namespace {
[[maybe_unused]] std::string_view bytes(const char* begin, const char* end)
{
    return {begin, static_cast<std::size_t>(end - begin)};
}
} // namespace

std::span<const EmbeddedFile> embedded_files()
{
    static const std::vector<EmbeddedFile> files{
        ${body}
    };
    return files;
}

} // namespace keystead::app
")
