raise Exception('boom3')
