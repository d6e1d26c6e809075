# find_package(gantry-plugin): the target gantry::plugin and gantry_plugin_module().
get_filename_component(_gantry_plugin_prefix ${CMAKE_CURRENT_LIST_DIR}/../../.. ABSOLUTE)
if(NOT TARGET gantry::plugin)
  add_library(gantry::plugin INTERFACE IMPORTED)
  set_target_properties(gantry::plugin PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES ${_gantry_plugin_prefix}/include)
endif()
unset(_gantry_plugin_prefix)
include(${CMAKE_CURRENT_LIST_DIR}/GantryPlugin.cmake)
