# cmake -DPRESETS=<folder> -DOUT=<file.cpp> -P EmbedPresets.cmake
#
# Writes presets/*.toml and the name of the default one as string literals: the binary needs no file beside it.
file(GLOB files ${PRESETS}/*.toml)
list(SORT files)
set(text "#include \"app/presets.h\"\n\nnamespace keystead::app {\nnamespace {\nconstexpr Preset kPresets[] = {\n")
foreach(file ${files})
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} content)
  string(APPEND text "    {\"${name}\", R\"~preset~(${content})~preset~\"},\n")
endforeach()
file(READ ${PRESETS}/default default)
string(STRIP "${default}" default)
string(APPEND text "};\n}\n\nstd::span<const Preset> presets() { return kPresets; }\n"
                   "std::string_view default_preset() { return \"${default}\"; }\n\n} // namespace keystead::app\n")
file(WRITE ${OUT} "${text}")
