// What this computer has: cores, and memory that programs can still get.
#pragma once

namespace moescope::ui {

int coresHere();
/// Bytes; 0 when the system does not say.
double freeMemory();
/// Engines that may train at the same time without being in each other's way: 1 up to 7 cores, then one for every four.
int enginesAtOnce();

}  // namespace moescope::ui
