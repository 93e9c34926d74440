"""How the site looks: themes, which one a page wears, its one style sheet, and what is wrong with one."""
