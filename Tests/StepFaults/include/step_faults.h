/* A library that is loaded before natdeck's own in tests of single steps, and is called by nobody:
 * it stands in the way of the calls by which the kernel is changed. */
#ifndef STEP_FAULTS_H
#define STEP_FAULTS_H
#endif
