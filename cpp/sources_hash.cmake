# Writes a C++ file with one hash of all sources of the core: tables that another build wrote are known by it.
#   cmake -D SOURCE_DIR=… -D OUTPUT=… -P sources_hash.cmake
file(GLOB_RECURSE sources RELATIVE ${SOURCE_DIR} ${SOURCE_DIR}/*.cc ${SOURCE_DIR}/*.h ${SOURCE_DIR}/*.cpp)
list(SORT sources)
set(hashes "")
foreach(source ${sources})
  file(SHA256 ${SOURCE_DIR}/${source} hash)
  string(APPEND hashes "${source} ${hash}\n")
endforeach()
string(SHA256 hash "${hashes}")
file(WRITE ${OUTPUT} "namespace leanformers {\nextern const char* const kSourcesHash;\nconst char* const kSourcesHash = \"${hash}\";\n}\n")
