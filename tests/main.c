// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the suite of the file that it is linked with; the environment says how (CK_VERBOSITY,
 * CK_RUN_CASE, CK_FORK, see the manual of Check).
 */
#include "suite.h"

#include <stdlib.h>

void (*test_suite_end)(void);

int main(int argc, char **argv)
{
	Suite *suite = test_suite(argc, argv);
	SRunner *runner;
	int failed;

	if (!suite)
		return EXIT_FAILURE;
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	if (test_suite_end)
		test_suite_end();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
