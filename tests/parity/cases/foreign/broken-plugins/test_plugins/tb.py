raise Exception('boom4')
