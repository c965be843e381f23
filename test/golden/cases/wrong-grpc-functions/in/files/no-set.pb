this is no descriptor set
