# Debian packages by CPack: gantry (host, connectors, unit, configuration) and gantry-plugin-api (all that a
# connector author needs). `make package`; what is only Debian's lies in deploy/debian.
include(GNUInstallDirs)
set(GANTRY_PACKAGE_MAINTAINER "Gantry maintainers <maintainers@gantry.invalid>" CACHE STRING
  "Name and address in the packages' control files.")

set(made ${CMAKE_BINARY_DIR}/package-files)
set(from ${CMAKE_SOURCE_DIR}/deploy/debian)
file(MAKE_DIRECTORY ${made})

# made(OUTPUT gantry.man FROM file… COMMAND gantry reference man): the command's output as a file of ${made}.
function(made)
  cmake_parse_arguments(ARG "" "OUTPUT" "COMMAND;FROM" ${ARGN})
  add_custom_command(OUTPUT ${made}/${ARG_OUTPUT} DEPENDS ${ARG_FROM} VERBATIM
    COMMAND sh -c "out=$1; shift; \"$@\" >\"$out\"" sh ${made}/${ARG_OUTPUT} ${ARG_COMMAND})
endfunction()

# Manual and completions: the program prints them from its own command table.
foreach(kind man bash zsh fish)
  made(OUTPUT gantry.${kind} FROM gantry COMMAND $<TARGET_FILE:gantry> reference ${kind})
endforeach()
made(OUTPUT gantry.1.gz FROM ${made}/gantry.man COMMAND gzip -9nc ${made}/gantry.man)
set(notices ${CMAKE_SOURCE_DIR}/tools/notices.py)
made(OUTPUT third-party-notices FROM ${notices} ${CMAKE_SOURCE_DIR}/host/temporal/bridge/Cargo.lock
    ${CMAKE_SOURCE_DIR}/host/models/minilm/Cargo.lock
  COMMAND ${notices})
made(OUTPUT third-party-notices.gz FROM ${made}/third-party-notices
  COMMAND gzip -9nc ${made}/third-party-notices)
made(OUTPUT changelog.gz FROM ${CMAKE_SOURCE_DIR}/CHANGELOG.md
  COMMAND gzip -9nc ${CMAKE_SOURCE_DIR}/CHANGELOG.md)

# SOURCE_DATE_EPOCH, where it is set, dates everything: the same source gives the same bytes.
string(TIMESTAMP package_date "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(${from}/changelog.in ${made}/changelog.Debian @ONLY)
made(OUTPUT changelog.Debian.gz FROM ${made}/changelog.Debian COMMAND gzip -9nc ${made}/changelog.Debian)
add_custom_target(package_files DEPENDS
  ${made}/gantry.bash ${made}/gantry.zsh ${made}/gantry.fish ${made}/gantry.1.gz ${made}/third-party-notices.gz
  ${made}/changelog.gz ${made}/changelog.Debian.gz)

# The installed host keeps its state where its user may write.
file(READ ${CMAKE_SOURCE_DIR}/conf.d/00-host.toml host_toml)
string(REPLACE "#state_dir = \".gantry\"" "state_dir = \"/var/lib/gantry\"" installed_toml "${host_toml}")
if(installed_toml STREQUAL host_toml)
  message(FATAL_ERROR "conf.d/00-host.toml no longer has the line of state_dir")
endif()
file(WRITE ${made}/00-host.toml "${installed_toml}")

install(FILES ${made}/00-host.toml conf.d/10-temporal.toml conf.d/20-stores.toml conf.d/30-models.toml
  DESTINATION /etc/gantry/conf.d COMPONENT system EXCLUDE_FROM_ALL)
install(FILES deploy/systemd/gantry.service DESTINATION /lib/systemd/system COMPONENT system EXCLUDE_FROM_ALL)
install(FILES ${made}/gantry.1.gz DESTINATION share/man/man1 COMPONENT system EXCLUDE_FROM_ALL)
install(FILES ${made}/gantry.bash DESTINATION share/bash-completion/completions RENAME gantry COMPONENT system EXCLUDE_FROM_ALL)
install(FILES ${made}/gantry.zsh DESTINATION share/zsh/vendor-completions RENAME _gantry COMPONENT system EXCLUDE_FROM_ALL)
install(FILES ${made}/gantry.fish DESTINATION share/fish/vendor_completions.d COMPONENT system EXCLUDE_FROM_ALL)
install(FILES README.md ${from}/README.Debian ${from}/copyright ${made}/changelog.gz ${made}/changelog.Debian.gz
  ${made}/third-party-notices.gz DESTINATION share/doc/gantry COMPONENT system EXCLUDE_FROM_ALL)
install(DIRECTORY conf.d DESTINATION share/doc/gantry/examples COMPONENT system EXCLUDE_FROM_ALL
  FILES_MATCHING PATTERN "*.example")
# Scripts of a rollout, and what a Prometheus and a Grafana read.
install(DIRECTORY deploy/rollout DESTINATION share/gantry COMPONENT system EXCLUDE_FROM_ALL USE_SOURCE_PERMISSIONS
  OPTIONAL)
install(DIRECTORY deploy/prometheus deploy/grafana DESTINATION share/doc/gantry/examples COMPONENT system
  EXCLUDE_FROM_ALL OPTIONAL)
install(DIRECTORY examples/rollout DESTINATION share/doc/gantry/examples COMPONENT system EXCLUDE_FROM_ALL
  USE_SOURCE_PERMISSIONS)
install(FILES .env.temporal.example examples/front-inbound.json DESTINATION share/doc/gantry/examples
  COMPONENT system EXCLUDE_FROM_ALL)
install(PROGRAMS examples/hello-world.sh examples/hello-world-query-status.sh examples/send-front-webhook.sh
  DESTINATION share/doc/gantry/examples COMPONENT system EXCLUDE_FROM_ALL)
install(FILES ${from}/copyright ${made}/changelog.gz ${made}/changelog.Debian.gz
  DESTINATION share/doc/gantry-plugin-api COMPONENT plugin-api-system EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL host plugins system plugin-api plugin-api-system)
foreach(component HOST PLUGINS SYSTEM)
  set(CPACK_COMPONENT_${component}_GROUP gantry)
endforeach()
set(CPACK_COMPONENT_PLUGIN-API_GROUP gantry-plugin-api)
set(CPACK_COMPONENT_PLUGIN-API-SYSTEM_GROUP gantry-plugin-api)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
  GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGE_CONTACT "${GANTRY_PACKAGE_MAINTAINER}")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_GANTRY_PACKAGE_NAME gantry)
set(CPACK_DEBIAN_GANTRY_PACKAGE_SECTION net)
set(CPACK_DEBIAN_GANTRY_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_GANTRY_PACKAGE_DEPENDS "adduser, ca-certificates, tzdata")
set(CPACK_DEBIAN_GANTRY_PACKAGE_SUGGESTS "gantry-plugin-api")
set(CPACK_DEBIAN_GANTRY_PACKAGE_CONTROL_EXTRA
  "${from}/postinst;${from}/prerm;${from}/postrm;${from}/conffiles")
set(CPACK_DEBIAN_GANTRY_DESCRIPTION "integration host for freight data, on Temporal
Gantry carries a freight company's data from its vendors into its stores,
exactly once. A vendor posts a webhook, is polled, streams, or drops a file;
Gantry runs the vendor's connector on it and lands every record in a
relational, a vector, a graph and a cache store, where search finds it.
.
The package has the host, its connectors, a service for systemd and the
configuration. The engine is a Temporal server, or Temporal's own command
line program, which Debian does not have: see README.Debian.")
set(CPACK_DEBIAN_GANTRY-PLUGIN-API_PACKAGE_NAME gantry-plugin-api)
set(CPACK_DEBIAN_GANTRY-PLUGIN-API_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_GANTRY-PLUGIN-API_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_GANTRY-PLUGIN-API_PACKAGE_SUGGESTS "cmake, gantry")
set(CPACK_DEBIAN_GANTRY-PLUGIN-API_DESCRIPTION "write a connector for Gantry
Headers of the plugin contract in C, a C++20 wrapper without a library, a
CMake package and templates in C and C++: all that a connector needs to be
built without Gantry's source. `gantry plugin check` of the package gantry
holds a connector to the contract.")
set(CPACK_OUTPUT_FILE_PREFIX ${CMAKE_SOURCE_DIR}/build/package)
include(CPack)
