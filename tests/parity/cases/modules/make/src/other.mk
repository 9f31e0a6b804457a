default: ../scratch/from-other
../scratch/from-other:
	touch $@
