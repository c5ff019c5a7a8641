"""What can be told of a composed config without running, importing or instantiating anything."""
