raise Exception('boom')
