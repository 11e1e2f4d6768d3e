/* What login shells, which are no children of the program, see of its environment. */
#pragma once

/* Names parted by commas: what they never see, and, unless NULL, all that they do. */
struct login {
    const char *hidden, *shown;
};

/* Takes the options that `words` begin with and that say so; returns what follows. */
char **take_login(struct login *login, char **words);

/*
 * For root alone, in a new file, to which the image's /etc/profile.d leads from then on. Says why where it cannot be written, and
 * leads nowhere then.
 */
void write_profile(const struct login *login, const char *path);

/* Takes away where an earlier start has led, and says why. */
void withhold_profile(const char *reason);
